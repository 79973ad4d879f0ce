// Records: engine values <-> the values of the store (a version byte, then Protocol Buffers).
//
// Decoding trusts nothing: the store may be damaged, or written by another version. A value whose
// record version, enumerator or finding code is unknown here is kUnsupported and names both; one
// that cannot be parsed is kStorage. Pure functions: any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "engine/base/result.h"
#include "engine/ports/records.h"

namespace quotemill::storage {

// The version that this Quotemill writes, the first byte of every value. Older ones are read for as
// long as they exist; there are none yet.
inline constexpr std::uint8_t kRecordVersion = 1;
// A run of appraisals in the history; single ones stay of version 1.
inline constexpr std::uint8_t kRunRecordVersion = 2;
inline constexpr std::uint8_t kLatchedRecordVersion = 2;  // of a state: the host has latches
// A boot log by the evidence that it came with (boot_log_rows.h), as kept: without secrets. Those
// of version 2 may still have them, and lose them when they are read; so do those of version 1,
// which have the SHA-256 of their content as id.
inline constexpr std::uint8_t kBootLogRecordVersion = 3;
inline constexpr std::uint8_t kSentBootLogRecordVersion = 2;

// A baseline that was imported or retired: an older Quotemill would take it for an empty one, or
// for one in use. A captured one stays of version 1.
inline constexpr std::uint8_t kBaselineRecordVersion = 2;
// An image of ESXi.
inline constexpr std::uint8_t kImageRecordVersion = 3;

std::string encode_host(const HostRecord& record);
Result<HostRecord> decode_host(const HostUid& uid, std::string_view value);

// A host's record of formats 1 and 2, as it is since, and the certificate that it held.
struct MovedHost {
  std::string value;
  EkCertificate certificate;
};

// nullopt if it holds none.
Result<std::optional<MovedHost>> without_certificate(const HostUid& uid, std::string_view value);

std::string encode_state(const HostState& state);
Result<HostState> decode_state(const HostUid& uid, std::string_view value);

// A single appraisal, or a run of them; the key has the sequence it begins with.
std::string encode_appraisal(const HistoryEntry& entry);
Result<HistoryEntry> decode_appraisal(const HostUid& uid, std::uint64_t first_sequence,
                                      std::string_view value);

// The key has host, sequence and time.
std::string encode_revision(const VerdictRevision& revision);
Result<VerdictRevision> decode_revision(const HostUid& uid, std::uint64_t sequence, WallTime time,
                                        std::string_view value);

// The last evidence of a host that carried PCR values.
struct FullEvidence {
  std::uint64_t sequence = 0;
  Bytes item;  // as sent
};

std::string encode_full_evidence(std::uint64_t sequence, ByteView item);
Result<FullEvidence> decode_full_evidence(std::string_view value);

std::string encode_baseline(const Baseline& baseline);
Result<Baseline> decode_baseline(std::string_view value);

std::string encode_rollout(const Rollout& rollout);
Result<Rollout> decode_rollout(std::uint64_t number, std::shared_ptr<const Cohort> cohort,
                               std::string_view value);
// Version, then uid[16] ‖ u8 wave of each host, by uid: 17 MB of a million.
std::string encode_cohort(const Cohort& cohort);
Result<std::shared_ptr<const Cohort>> decode_cohort(std::string_view value);

std::string encode_policy(const PolicyRecord& policy);
Result<PolicyRecord> decode_policy(std::uint64_t number, std::string_view value);

std::string encode_audit(const AuditRecord& record);
Result<AuditRecord> decode_audit(std::uint64_t number, std::string_view value);

std::string encode_token(const TokenRecord& token);
Result<TokenRecord> decode_token(const Digest& id, std::string_view value);

std::string encode_change(const Change& change);
Result<Change> decode_change(std::uint64_t sequence, std::string_view value);

// When a host last attested to an image: be64 milliseconds behind the version byte.
std::string encode_image_time(WallTime time);
Result<WallTime> decode_image_time(std::string_view value);

// Plain bytes behind the version byte: boot logs of version 1, and what is in the meta family.
std::string encode_plain(std::string_view content);
// Borrows `value`; `what` names it in the Error.
Result<std::string_view> decode_plain(const char* what, std::string_view value,
                                      std::uint8_t version = kRecordVersion);

}  // namespace quotemill::storage
