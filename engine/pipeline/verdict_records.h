// What a judgement becomes in the records: the host's next state and its line of history; and
// whether it says anything new. Pure functions of the commit stage.
#pragma once

#include <memory>

#include "engine/pipeline/judge.h"
#include "engine/ports/records.h"

namespace quotemill {

// The state after the verdict, without the receipt. Takes the facts' text out of the judgement.
// `now` is store time.
std::shared_ptr<HostState> next_state(Judgement& judgement, const HostState& previous,
                                      WallTime now);

// Takes the evidence item and the verdict out of the judgement.
HistoryEntry history_of(Judgement& judgement, WallTime now);

// The host's verdict as it is in `state`, made without new evidence. `now` is store time.
VerdictRevision revision_of(const HostState& state, RevisionCause cause, WallTime now);

// Whether the journal's short form says all of it: of what rests on a verified quote and a known
// proof; and of evidence that fails unproven as the one before it did, so that a host which sends
// such evidence again and again costs no more, and fills its history no faster, than a good one. Of
// its run the first and the last piece are kept as they came.
bool is_reaffirmation(const Judgement& judgement, const HostState& previous, const HostState& next);

}  // namespace quotemill
