// appraise_stored: what evidence that was appraised before is worth under another snapshot, as far
// as the host's state alone tells. Pure; any thread.
//
// The boot is judged anew, by the stored log (appraise_boot()). What a quote was compared with at
// its time (the counters before it) is gone: those findings stand, with the severity that the
// snapshot gives them. What a snapshot did not ask for then was not noted and cannot be told.
#pragma once

#include <optional>

#include "engine/identity/host_record.h"
#include "engine/policy/snapshot.h"
#include "engine/verdict/host_state.h"

namespace quotemill {

// The verdict failed by what no policy excuses (signature, nonce, replay, counters that went back):
// it stands under any, because the trust path is no rule.
bool fails_under_any_policy(const Verdict& verdict);

// Findings of the last verdict about the step from the evidence before to the last one, with the
// severities of `snapshot`.
Findings appraise_stored_step(const Verdict& last, const Snapshot& snapshot);

// What appraise_quote() would find now in the last quote, but for that step.
// REQUIRES: state.proof, of the last quote
Findings appraise_stored_quote(const HostRecord& record, const HostState& state,
                               const Snapshot& snapshot);

// The findings of the runtime list; nullopt if only the host can tell, because the list is not kept
// and other rules ask for it. REQUIRES: as above
std::optional<Findings> appraise_stored_runtime(const HostState& state, const Snapshot& snapshot);

}  // namespace quotemill
