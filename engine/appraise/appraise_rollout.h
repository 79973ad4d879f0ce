// Which of a rollout's two sets explains a boot: what every verdict made under a rollout names it
// by.
#pragma once

#include "engine/appraise/claims.h"
#include "engine/policy/snapshot.h"
#include "engine/tpm/pcr.h"
#include "engine/verdict/finding.h"

namespace quotemill {

// What a boot is against the sets that the snapshot's policy names: golden boots and reference
// sets.
Findings compare_sets(const Claims& claims, const PcrBank& quoted, const Snapshot& snapshot);

// One of rollout.old, .new, .mixed and .other (info, the rollout's name as its subject) if the
// snapshot is one of a rollout, and rollout.late beside the first and the third after the deadline,
// as severe as what the policy finds against the new set. `compared` is what compare_sets() gave.
//
// A boot is of a set if nothing of it is unexplained by that set alone. What both explain is of the
// new one: nothing will be held against it when the old set goes.
Findings appraise_rollout(const Claims& claims, const PcrBank& quoted, const Snapshot& snapshot,
                          const Findings& compared);

}  // namespace quotemill
