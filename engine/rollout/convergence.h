// How far the hosts of a rollout are, from what is known of them already: nobody is asked, and
// nothing is judged again. Every verdict made under a rollout says by a finding which of the sets
// explains the boot (appraise/appraise_rollout.h).
#pragma once

#include <optional>
#include <string_view>

#include "engine/identity/host_record.h"
#include "engine/rollout/rollout.h"
#include "engine/verdict/host_state.h"

namespace quotemill {

enum class Convergence : std::uint8_t {
  kStillOld,
  kConverged,
  kMixed,
  kFailed,
  kSilent,
  kWaiting,
  kGone,
};

std::string_view name_of(Convergence convergence);  // "old", "new", "mixed", …

// REQUIRES: the host is in the cohort. `record` is null if there is no such host any more.
Convergence convergence_of(const Rollout& rollout, std::uint32_t wave, const HostRecord* record,
                           const HostState* state);

void count(Convergence convergence, RolloutCounts& counts);

}  // namespace quotemill
