#include "engine/pipeline/verdict_records.h"

#include "engine/verdict/reaffirmation.h"

namespace quotemill {

std::shared_ptr<HostState> next_state(const Judgement& judgement, const HostState& previous,
                                      WallTime now) {
  auto next = std::make_shared<HostState>(previous);
  next->host = judgement.submission.host->uid;
  next->generation = judgement.submission.host->generation;
  next->sequence = judgement.submission.challenge.sequence;
  next->state = judgement.verdict.state;
  next->verdict = judgement.verdict;
  next->judged = now;
  next->evidence = judgement.evidence;
  if (judgement.counters) {
    next->counters = judgement.counters;
  }
  if (judgement.facts) {
    next->facts = *judgement.facts;
  }
  if (judgement.proof) {
    next->proof = judgement.proof;
  }
  if (judgement.runtime) {
    next->runtime = judgement.runtime;
  }
  return next;
}

HistoryEntry history_of(Judgement& judgement, WallTime now) {
  HistoryEntry entry;
  entry.host = judgement.submission.host->uid;
  entry.sequence = judgement.submission.challenge.sequence;
  entry.generation = judgement.submission.host->generation;
  entry.time = now;
  entry.verdict = judgement.verdict;
  entry.evidence_item = std::move(judgement.submission.item);
  entry.nonce = judgement.submission.challenge.nonce;
  entry.nonce_kind = judgement.submission.challenge.kind;
  entry.boot_log = judgement.boot_log;
  return entry;
}

VerdictRevision revision_of(const HostState& state, RevisionCause cause, WallTime now) {
  return {state.host, state.sequence, state.generation, now, cause, state.verdict};
}

bool is_reaffirmation(const Judgement& judgement, const HostState& previous,
                      const HostState& next) {
  return judgement.proof && judgement.facts && judgement.submission.boot_log.empty() &&
         judgement.boot_log == judgement.proof->log && reaffirms(previous, next);
}

}  // namespace quotemill
