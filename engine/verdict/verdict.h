// Verdict: what the engine decides about a host's evidence (RFC 9334's Attestation Result).
//
// "Could not judge" is an Error and never becomes one of these.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "engine/base/time.h"
#include "engine/verdict/finding.h"

namespace quotemill {

// Numbers are stored and on the wire.
enum class TrustState : std::uint8_t {
  kUnknown = 0,  // enrolled, never judged, or no policy applies
  kTrusted = 1,
  kWarning = 2,
  kFailed = 3,
  kStale = 4,  // silent for longer than its policy allows
};

std::string_view name_of(TrustState state);  // "unknown", "trusted", …
// Trusted, warning or failed: others are there because there is no evidence, or none that counts.
bool rests_on_evidence(TrustState state);
std::optional<TrustState> trust_state(std::uint8_t number);

// SHA-256 over all that a verdict was made under: policies, baselines, roots, engine build.
using SnapshotId = std::array<std::uint8_t, 32>;

struct Verdict {
  TrustState state = TrustState::kUnknown;
  Findings findings;                   // worst first, at most limits::kFindingsMax
  std::uint32_t findings_dropped = 0;  // beyond that
  SnapshotId snapshot{};
  WallTime fresh_from;   // when the nonce it answers was issued
  WallTime valid_until;  // stale from then on
};

// trusted if the worst finding is info, warning, failed; policy.none makes it unknown. Sorts the
// findings, drops those over the bound (the least severe first).
Verdict decide(Findings findings);

}  // namespace quotemill
