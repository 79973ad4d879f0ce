#include "engine/pipeline/verdict_records.h"

#include "engine/verdict/reaffirmation.h"

namespace quotemill {
namespace {

bool rests_on_proof(const Judgement& judgement) {
  return judgement.proof && judgement.facts && judgement.boot_log == judgement.proof->log;
}

}  // namespace

std::shared_ptr<HostState> next_state(Judgement& judgement, const HostState& previous,
                                      WallTime now) {
  // All members by name: a new one does not compile until somebody decides what it means here. What
  // is replaced is not copied first.
  const auto& [host, generation, sequence, state, since, verdict, judged, counters, proof, runtime,
               latches, facts, evidence, receipt, nonce_issued, nonce_deadline, host_changes,
               trust_lost] = previous;
  auto next = std::make_shared<HostState>();
  next->host = judgement.submission.host->uid;
  next->generation = judgement.submission.host->generation;
  next->sequence = judgement.submission.challenge.sequence;
  next->state = judgement.verdict.state;
  next->since = since;
  next->verdict = judgement.verdict;
  next->judged = now;
  next->counters = judgement.counters ? judgement.counters : counters;
  next->proof = judgement.proof ? judgement.proof : proof;
  next->runtime = judgement.runtime ? judgement.runtime : runtime;
  next->latches = latches;
  next->facts = judgement.facts ? std::move(*judgement.facts) : facts;
  next->evidence = judgement.evidence;
  next->nonce_issued = nonce_issued;
  next->nonce_deadline = nonce_deadline;
  next->host_changes = host_changes;
  next->trust_lost = trust_lost;
  return next;
}

HistoryEntry history_of(Judgement& judgement, WallTime now) {
  HistoryEntry entry;
  entry.host = judgement.submission.host->uid;
  entry.sequence = judgement.submission.challenge.sequence;
  entry.generation = judgement.submission.host->generation;
  entry.time = now;
  entry.verdict = std::move(judgement.verdict);
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
  const bool is_unproven = !judgement.facts;  // no quote of the host's stands behind it
  return judgement.submission.boot_log.empty() && (is_unproven || rests_on_proof(judgement)) &&
         reaffirms(previous, next);
}

}  // namespace quotemill
