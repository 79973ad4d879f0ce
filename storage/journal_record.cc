#include "storage/journal_record.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <cstddef>
#include <string>

#include "engine/base/byte_reader.h"
#include "storage/records.h"

namespace quotemill::storage {

namespace {

constexpr std::uint8_t kHasHeartbeat = 1;
constexpr std::uint8_t kHasNonceIssued = 2;
constexpr std::uint8_t kHasBootLog = 4;
constexpr std::size_t kEntrySizeMin = 166;  // without what is flagged, receipt and item empty
constexpr std::size_t kFixedSizeMax = 214;  // with all that is flagged, before the receipt's size

constexpr const char* kWhat = "journal record";

// The fields of an entry that are of a fixed size, which go to the record in one piece: one by one
// each of them costs as much as all do so.
class FixedFields {
 public:
  FixedFields& u8(std::uint8_t value) { return number(value); }

  FixedFields& u32(std::uint32_t value) { return number(value); }

  FixedFields& u64(std::uint64_t value) { return number(value); }

  FixedFields& time(WallTime time) { return number(static_cast<std::uint64_t>(time.ms)); }

  // REQUIRES: at most what is left of kFixedSizeMax
  FixedFields& bytes(ByteView view) {
    assert(view.size() <= bytes_.size() - size_);
    std::copy(view.begin(), view.end(), bytes_.begin() + static_cast<std::ptrdiff_t>(size_));
    size_ += view.size();
    return *this;
  }

  FixedFields& sha256(const Digest& digest) {
    assert(digest.algorithm() == HashAlgorithm::kSha256);
    return bytes(digest.view());
  }

  [[nodiscard]] ByteView view() const { return ByteView(bytes_).first(size_); }

 private:
  template <class Integer>
  FixedFields& number(Integer value) {
    std::array<std::uint8_t, sizeof value> little_endian{};
    for (std::size_t i = 0; i < little_endian.size(); ++i) {
      little_endian[i] = static_cast<std::uint8_t>(std::uint64_t{value} >> (8 * i));
    }
    return bytes(little_endian);
  }

  std::array<std::uint8_t, kFixedSizeMax> bytes_{};
  std::size_t size_ = 0;
};

WallTime read_time(ByteReader& in) {
  return {static_cast<std::int64_t>(in.u64_le())};
}

Digest read_sha256(ByteReader& in) {
  return Digest::from(HashAlgorithm::kSha256, in.bytes(32)).value_or(Digest());
}

std::uint8_t flags_of(const HostState& state, const HistoryEntry& entry) {
  unsigned flags = 0;
  flags |= state.counters ? kHasHeartbeat : 0U;
  flags |= state.nonce_issued ? kHasNonceIssued : 0U;
  flags |= entry.boot_log.is_filled_with(0) ? 0U : kHasBootLog;
  return static_cast<std::uint8_t>(flags);
}

JournalEntry read_entry(ByteReader& in) {
  JournalEntry entry;
  entry.host.bytes = in.array<16>();
  entry.generation = in.u32_le();
  entry.sequence = in.u64_le();
  entry.run.first_sequence = in.u64_le();
  entry.run.interactive = in.u64_le();
  entry.run.longest_gap_ms = static_cast<std::int64_t>(in.u64_le());
  entry.time = read_time(in);
  entry.judged = read_time(in);
  entry.fresh_from = read_time(in);
  entry.valid_until = read_time(in);
  const std::uint8_t flags = in.u8();
  const std::uint8_t kind = in.u8();
  if (flags > (kHasHeartbeat | kHasNonceIssued | kHasBootLog) ||
      kind > static_cast<std::uint8_t>(NonceKind::kInteractive) ||
      entry.run.first_sequence > entry.sequence) {
    in.fail(ErrorCode::kMalformed);
  }
  entry.nonce_kind = static_cast<NonceKind>(kind);
  if ((flags & kHasHeartbeat) != 0) {
    const std::uint64_t clock_ms = in.u64_le();
    entry.heartbeat = {clock_ms, read_time(in)};
  }
  if ((flags & kHasNonceIssued) != 0) {
    entry.nonce_issued = read_time(in);
  }
  entry.nonce_deadline = read_time(in);
  entry.nonce = in.array<32>();
  entry.evidence = read_sha256(in);
  if ((flags & kHasBootLog) != 0) {
    entry.boot_log = read_sha256(in);
  }
  entry.receipt = in.sized32_le(in.remaining());
  entry.evidence_item = in.sized32_le(in.remaining());
  return entry;
}

}  // namespace

void JournalRecordWriter::begin(std::size_t entries) {
  out_.clear();
  out_.u8(kRecordVersion).u32_le(static_cast<std::uint32_t>(entries));
}

void JournalRecordWriter::add(const Reaffirmation& reaffirmation, const RunSoFar& run) {
  const HostState& state = *reaffirmation.state;
  const HistoryEntry& entry = reaffirmation.entry;
  FixedFields fields;
  fields.bytes(entry.host.view()).u32(entry.generation).u64(entry.sequence);
  fields.u64(run.first_sequence).u64(run.interactive);
  fields.u64(static_cast<std::uint64_t>(run.longest_gap_ms));
  fields.time(entry.time).time(state.judged);
  fields.time(entry.verdict.fresh_from).time(entry.verdict.valid_until);
  const std::uint8_t flags = flags_of(state, entry);
  fields.u8(flags).u8(static_cast<std::uint8_t>(entry.nonce_kind));
  if (state.counters) {
    fields.u64(state.counters->clock.clock_ms).time(state.counters->received);
  }
  if (state.nonce_issued) {
    fields.time(*state.nonce_issued);
  }
  fields.time(state.nonce_deadline).bytes(entry.nonce).sha256(state.evidence);
  if ((flags & kHasBootLog) != 0) {
    fields.sha256(entry.boot_log);
  }
  out_.bytes(fields.view()).sized32_le(state.receipt).sized32_le(entry.evidence_item);
}

Result<std::vector<JournalEntry>> decode_journal_record(std::uint64_t number,
                                                        std::string_view value) {
  const Result<std::string_view> body = decode_plain(kWhat, value);
  if (!body) {
    return Error{body.error().code, kWhat, 0, std::to_string(number) + " " + body.error().detail};
  }
  ByteReader in(as_bytes(*body));
  const std::uint32_t entries =
      in.count32_le(static_cast<std::uint32_t>(body->size() / kEntrySizeMin));
  std::vector<JournalEntry> out;
  out.reserve(entries);
  for (std::uint32_t i = 0; i < entries && in.ok(); ++i) {
    out.push_back(read_entry(in));
  }
  Result<std::vector<JournalEntry>> read = in.finish(std::move(out), kWhat);
  if (!read) {
    return Error{ErrorCode::kStorage, kWhat, 0,
                 std::to_string(number) + " is damaged: " + read.error().to_string()};
  }
  return read;
}

void apply(const JournalEntry& entry, HostState& state) {
  state.sequence = entry.sequence;
  state.judged = entry.judged;
  state.verdict.fresh_from = entry.fresh_from;
  state.verdict.valid_until = entry.valid_until;
  if (state.counters && entry.heartbeat) {
    state.counters->clock.clock_ms = entry.heartbeat->clock_ms;
    state.counters->received = entry.heartbeat->received;
  }
  state.evidence = entry.evidence;
  state.receipt.assign(entry.receipt.begin(), entry.receipt.end());
  state.nonce_issued = entry.nonce_issued;
  state.nonce_deadline = entry.nonce_deadline;
}

HistoryEntry appraisal_of(const JournalEntry& entry, const HostState& state) {
  HistoryEntry out;
  out.host = entry.host;
  out.sequence = entry.sequence;
  out.generation = entry.generation;
  out.time = entry.time;
  out.verdict = state.verdict;
  out.evidence_item = to_bytes(entry.evidence_item);
  out.nonce = entry.nonce;
  out.nonce_kind = entry.nonce_kind;
  out.boot_log = entry.boot_log;
  return out;
}

}  // namespace quotemill::storage
