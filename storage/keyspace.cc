#include "storage/keyspace.h"

#include <cassert>

#include "engine/base/byte_reader.h"
#include "engine/base/byte_writer.h"

namespace quotemill::storage {

namespace {

constexpr std::uint16_t kPartition = 0;
constexpr std::size_t kHostKeySize = kPartitionSize + 16;
constexpr std::size_t kNumberSize = 8;

ByteWriter begin_key() {
  ByteWriter key;
  key.u16_be(kPartition);
  return key;
}

std::string finished(const ByteWriter& key) {
  return std::string(as_text(key.view()));
}

}  // namespace

std::string_view name_of(Family family) {
  switch (family) {
    case Family::kHosts:
      return "hosts";
    case Family::kStates:
      return "states";
    case Family::kHistory:
      return "history";
    case Family::kEvidence:
      return "evidence";
    case Family::kBlobs:
      return "blobs";
    case Family::kBaselines:
      return "baselines";
    case Family::kPolicies:
      return "policies";
    case Family::kChanges:
      return "changes";
    case Family::kCursors:
      return "cursors";
    case Family::kJournal:
      return "journal";
    case Family::kMeta:
      return "meta";
    case Family::kAdmissions:
      return "admissions";
    case Family::kAudit:
      return "audit";
    case Family::kRollouts:
      return "rollouts";
    case Family::kRevisions:
      return "revisions";
    case Family::kIdentities:
      return "identities";
    case Family::kImages:
      return "images";
    case Family::kCertificates:
      return "certificates";
  }
  return "";
}

std::string host_key(const HostUid& host) {
  ByteWriter key = begin_key();
  key.bytes(host.view());
  return finished(key);
}

std::string host_part_begin(std::uint32_t part, std::uint32_t parts) {
  constexpr std::uint32_t kBeginnings = 65'536;  // of uids, by their first two bytes
  if (part == 0 || part == parts) {
    return {};
  }
  ByteWriter key = begin_key();
  key.u16_be(static_cast<std::uint16_t>(std::uint64_t{kBeginnings} * part / parts));
  return finished(key);
}

std::string history_key(const HostUid& host, std::uint64_t sequence) {
  ByteWriter key = begin_key();
  key.bytes(host.view()).u64_be(sequence);
  return finished(key);
}

std::string revision_key(const HostUid& host, std::uint64_t sequence, WallTime time) {
  ByteWriter key = begin_key();
  key.bytes(host.view()).u64_be(sequence).u64_be(static_cast<std::uint64_t>(time.ms));
  return finished(key);
}

std::string identity_key(const HostUid& host, std::uint32_t generation) {
  return history_key(host, generation);
}

std::string certificate_key(const HostUid& host, const Digest& sha256) {
  assert(sha256.algorithm() == HashAlgorithm::kSha256);
  ByteWriter key = begin_key();
  key.bytes(host.view()).bytes(sha256.view());
  return finished(key);
}

std::string change_key(std::uint64_t sequence) {
  ByteWriter key = begin_key();
  key.u64_be(sequence);
  return finished(key);
}

std::string policy_key(std::uint64_t number) {
  return change_key(number);
}

std::string audit_key(std::uint64_t number) {
  return change_key(number);
}

std::string rollout_key(std::uint64_t number) {
  return change_key(number);
}

std::string cohort_key(std::uint64_t number) {
  ByteWriter key = begin_key();
  key.u64_be(number).u8(1);
  return finished(key);
}

std::string journal_key(std::uint64_t commit) {
  return change_key(commit);
}

std::string digest_key(const Digest& id) {
  assert(id.algorithm() == HashAlgorithm::kSha256);
  ByteWriter key = begin_key();
  key.bytes(id.view());
  return finished(key);
}

std::string baseline_key(std::string_view name, std::uint32_t version) {
  ByteWriter key = begin_key();
  key.bytes(as_bytes(name)).u8(0).u32_be(version);
  return finished(key);
}

std::optional<HostUid> host_of(std::string_view key) {
  if (key.size() < kHostKeySize) {
    return std::nullopt;
  }
  return HostUid::from(as_bytes(key.substr(kPartitionSize, 16)));
}

std::optional<std::uint64_t> sequence_of(std::string_view key) {
  const bool is_history = key.size() == kHostKeySize + kNumberSize;
  const bool is_change = key.size() == kPartitionSize + kNumberSize;
  if (!is_history && !is_change) {
    return std::nullopt;
  }
  return decode_number(key.substr(key.size() - kNumberSize));
}

std::optional<RevisionPlace> revision_of(std::string_view key) {
  if (key.size() != kHostKeySize + 2 * kNumberSize) {
    return std::nullopt;
  }
  ByteReader in(as_bytes(key.substr(kHostKeySize)));
  const std::uint64_t sequence = in.u64_be();
  return RevisionPlace{sequence, {static_cast<std::int64_t>(in.u64_be())}};
}

std::optional<Digest> digest_of(std::string_view key) {
  if (key.size() < kPartitionSize) {
    return std::nullopt;
  }
  return Digest::from(HashAlgorithm::kSha256, as_bytes(key.substr(kPartitionSize)));
}

std::optional<Digest> certificate_of(std::string_view key) {
  if (key.size() < kHostKeySize) {
    return std::nullopt;
  }
  return Digest::from(HashAlgorithm::kSha256, as_bytes(key.substr(kHostKeySize)));
}

std::string encode_number(std::uint64_t number) {
  ByteWriter out;
  out.u64_be(number);
  return finished(out);
}

std::optional<std::uint64_t> decode_number(std::string_view bytes) {
  ByteReader in(as_bytes(bytes));
  const Result<std::uint64_t> number = in.finish(in.u64_be(), "number");
  return number ? std::optional(*number) : std::nullopt;
}

}  // namespace quotemill::storage
