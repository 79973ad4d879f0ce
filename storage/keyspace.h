// Keyspace: the column families of the store and the keys in them.
//
// Every key begins with a partition (u16 big-endian, 0 today), so that the store can be split one
// day without being rewritten; numbers are big-endian, so that the order of keys is the order of
// numbers. storage/README.md is the specification of the format; this is its code.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "engine/base/digest.h"
#include "engine/base/time.h"
#include "engine/evidence/host_uid.h"

namespace quotemill::storage {

enum class Family : std::uint8_t {
  kHosts,         // uid -> HostRecord
  kStates,        // uid -> HostState
  kHistory,       // uid ‖ be64 sequence (a run's first) -> HistoryEntry
  kEvidence,      // uid -> the last evidence that carried PCR values
  kBlobs,         // id -> boot log
  kBaselines,     // name ‖ 00 ‖ be32 version -> Baseline
  kPolicies,      // be64 number -> PolicyRecord
  kChanges,       // be64 sequence -> Change (the outbox)
  kCursors,       // reserved: sink -> sequence
  kJournal,       // be64 commit number -> the reaffirmations of that commit
  kMeta,          // format, stream, commit
  kAdmissions,    // SHA-256 of the token -> TokenRecord
  kAudit,         // be64 number -> AuditRecord
  kRollouts,      // be64 number -> Rollout; be64 number ‖ 01 -> its cohort
  kRevisions,     // uid ‖ be64 sequence ‖ be64 time -> VerdictRevision
  kIdentities,    // uid ‖ be64 generation -> HostRecord, as it was then
  kImages,        // SHA-256 of the image's file -> when a host last attested to it
  kCertificates,  // uid ‖ SHA-256 of the DER -> EK certificate
};

inline constexpr std::array kFamilies = {
    Family::kHosts,   Family::kStates,      Family::kHistory,   Family::kEvidence,
    Family::kBlobs,   Family::kBaselines,   Family::kPolicies,  Family::kChanges,
    Family::kCursors, Family::kJournal,     Family::kMeta,      Family::kAdmissions,
    Family::kAudit,   Family::kRollouts,    Family::kRevisions, Family::kIdentities,
    Family::kImages,  Family::kCertificates};

// The column family's name in the store: "hosts", "states", …
std::string_view name_of(Family family);

inline constexpr std::size_t kPartitionSize = 2;  // in bytes, of every key

std::string host_key(const HostUid& host);
// Where part `part` of `parts` of all hosts begins, of about equal size: uids are random. Empty for
// the first one, and for the one behind the last: as Database::scan() takes it for no bound.
// REQUIRES: part <= parts <= 65536
std::string host_part_begin(std::uint32_t part, std::uint32_t parts);
std::string history_key(const HostUid& host, std::uint64_t sequence);
std::string revision_key(const HostUid& host, std::uint64_t sequence, WallTime time);
std::string identity_key(const HostUid& host, std::uint32_t generation);
// REQUIRES: sha256 is a SHA-256
std::string certificate_key(const HostUid& host, const Digest& sha256);
std::string change_key(std::uint64_t sequence);
std::string policy_key(std::uint64_t number);
std::string audit_key(std::uint64_t number);
std::string rollout_key(std::uint64_t number);
std::string cohort_key(std::uint64_t number);
std::string journal_key(std::uint64_t commit);
// Boot logs, tokens and images. REQUIRES: id is a SHA-256
std::string digest_key(const Digest& id);
std::string baseline_key(std::string_view name, std::uint32_t version);

// The parts of stored keys; nullopt if the key has another shape.
// Of a host, history, revision, identity or certificate key.
std::optional<HostUid> host_of(std::string_view key);
// Of a history, change, policy, audit or rollout key (none of a cohort's); the commit number of a
// journal key, the generation of an identity key.
std::optional<std::uint64_t> sequence_of(std::string_view key);

// Which revision it is: the appraisal's sequence, and when.
struct RevisionPlace {
  std::uint64_t sequence = 0;
  WallTime time;
};

std::optional<RevisionPlace> revision_of(std::string_view key);
std::optional<Digest> certificate_of(std::string_view key);  // which one it is of its host's
std::optional<Digest> digest_of(std::string_view key);       // of a boot log, token or image key

// Keys of the meta family.
inline constexpr std::string_view kFormatKey = "format";  // u32: the store's format
inline constexpr std::string_view kUnmovedKey =
    "unmoved";                                            // there: move_certificates() is not done
inline constexpr std::string_view kStreamKey = "stream";  // ULID of the change stream
inline constexpr std::string_view kStreamsKey = "streams";  // all of them (stream_begins.h)
inline constexpr std::string_view kCommitKey = "commit";    // u64: number of commits so far
inline constexpr std::string_view kAgeingKey = "ageing";    // u64: HistoryRetention::now()

std::string encode_number(std::uint64_t number);  // eight bytes, big-endian
std::optional<std::uint64_t> decode_number(std::string_view bytes);

}  // namespace quotemill::storage
