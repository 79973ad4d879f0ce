// How appraisals grow into runs: the same for both stores.
//
// A run begins with an appraisal that is written in full, an edge's that rests on a proof or the
// first reaffirmation of what does not, and grows with those that reaffirm it. It ends where
// something else is written of its host, and after limits::kHistoryRunMsMax: the reaffirmation that
// comes then is written in full and begins the next one. Pure functions: any thread.
#pragma once

#include <vector>

#include "engine/base/error.h"
#include "engine/ports/records.h"

namespace quotemill::storage {

// Those appraisals of the batch that a run may grow from: what rests on a proof, with the state
// after it in the same batch. From another edge none grows: what reaffirms it begins a run.
std::vector<const HistoryEntry*> beginnings_of(const CommitBatch& batch);

// Whether it is of the same generation as the last appraisal of its host, and the next one.
bool follows(const Reaffirmation& reaffirmation, const HistoryEntry& last);
// What a store says to one that does not: a bug of ours.
Error unfounded(const Reaffirmation& reaffirmation);

// Whether `next` belongs to the run of `so_far` (a single appraisal or a run): it follows by one
// sequence, says the same, and the hour is not over.
bool continues(const HistoryEntry& so_far, const HistoryEntry& next);
// Whether it is: nothing from then on belongs to this run.
bool is_over(const HistoryEntry& so_far, WallTime now);

// What a run counts: all that the journal keeps of it beside its last appraisal.
struct RunSoFar {
  std::uint64_t first_sequence = 0;
  std::uint64_t interactive = 0;
  std::int64_t longest_gap_ms = 0;

  friend bool operator==(const RunSoFar&, const RunSoFar&) = default;
};

// Of a run or single appraisal.
RunSoFar counted(const HistoryEntry& so_far);
// The same once `next` has joined it. REQUIRES: continues(so_far, next)
RunSoFar counted_with(const HistoryEntry& so_far, const HistoryEntry& next);

// `next` becomes the last one of `run`. REQUIRES: continues(run, next)
void extend(HistoryEntry& run, const HistoryEntry& next);

// The run that begins as `first` does, ends with `last` and has counted `so_far`.
HistoryEntry rebuilt(HistoryEntry first, const HistoryEntry& last, const RunSoFar& so_far);

}  // namespace quotemill::storage
