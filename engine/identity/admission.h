// Admission: which proven TPM may be which host of this fleet (DESIGN, section 1).
//
// A genuine TPM is not yet *your* machine. A rule must bind its EK to a host: the operator's list
// of EKs, a one-time token, or the operator himself; until then the host is pending. One rule
// stands above all: what is enrolled is never replaced silently. A name that another EK holds makes
// the newcomer wait, with a note, and leaves the holder as it is (CVE-2025-13609).
//
// Decided on the commit thread (ports: pipeline/registrar.h), on what is true at that moment. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "engine/base/result.h"
#include "engine/base/time.h"
#include "engine/identity/enrolment.h"
#include "engine/identity/host_record.h"

namespace quotemill {

// How long a pending host waits for its operator before it is forgotten, unless told otherwise.
inline constexpr std::int64_t kPendingLifetimeMs = 7LL * 24 * 3600 * 1000;

// A one-time token, of which only the SHA-256 is known.
struct AdmissionToken {
  std::string id;  // SHA-256 of the token's text, hexadecimal
  std::uint32_t uses_left = 0;
  WallTime expires;
};

// What the decision rests on. The records are borrowed for the call; null if there is none.
struct AdmissionContext {
  const HostRecord* same_ek = nullptr;  // the record of this EK, whatever its life cycle
  // The active host (or in maintenance) of this name, or of the one that the EK is expected under.
  const HostRecord* name_holder = nullptr;
  const HostRecord* key_holder = nullptr;  // the record that this CURVE key belongs to
  std::optional<std::string> listed_name;  // the name that the EK list gives this EK
  // Two machines use this EK in turn: what the other one calls itself (ek_claims.h).
  std::optional<std::string> shared_with = {};
  bool name_is_reserved = false;        // EK list or inventory give this name to other EKs only
  std::optional<AdmissionToken> token;  // the record of the token that was shown, if known
  std::size_t pending_count = 0;
  std::int64_t pending_lifetime_ms = kPendingLifetimeMs;
  HostUid fresh_uid;  // random; used if the host is new
  WallTime now;
};

enum class AdmissionKind : std::uint8_t {
  kAdmitted,   // new among the active hosts, or new among the proven ones
  kRenewed,    // same EK, new AK or channel key: generation + 1, state unknown
  kRenamed,    // same EK and keys, and the EK list gives it this new name
  kUnchanged,  // the same as before, nothing to write
  kPending,    // waits for the operator; record.note says why
  kShared,     // likewise: two machines use one EK, and neither attests until he has decided
};

std::string_view name_of(AdmissionKind kind);  // "admitted", "renewed", …

// Its EK is used by two machines, and no operator has decided yet which of them it is.
bool is_held_as_shared(const HostRecord& record);

struct Admission {
  AdmissionKind kind = AdmissionKind::kPending;
  HostRecord record;                    // as it is from now on
  bool is_write_needed = true;          // false: the stored record is already this
  bool reset_state = false;             // what was known of the host's trust no longer holds
  std::optional<AdmissionToken> spent;  // the token with one use less
};

// What a proven host becomes. Refusals are Errors:
//   kDenied    "admission.denied"     the operator denied this EK
//   kDenied    "admission.retired"    its host was retired; an operator must bring it back
//   kConflict  "admission.curve_key"  the channel key belongs to a host with another EK (a clone)
//   kDenied    "admission.token"      a token that does not exist, or has none of its uses left
//   kExpired   "admission.token"
//   kBusy      "admission.pending"    limits::kPendingHostsMax hosts are waiting
Result<Admission> decide_admission(const ProvenIdentity& identity, const AdmissionContext& context);

// Whether a pending host has waited long enough to be forgotten; never one that was enrolled, and
// is held because two machines use its EK.
bool has_expired(const HostRecord& record, WallTime now);

}  // namespace quotemill
