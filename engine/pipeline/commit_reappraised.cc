// The committer's part in re-appraisal.
#include <algorithm>
#include <utility>

#include "engine/pipeline/committer.h"
#include "engine/pipeline/differing_verdicts.h"
#include "engine/pipeline/verdict_records.h"
#include "engine/verdict/latch.h"
#include "engine/verdict/verdict_validity.h"

namespace quotemill {

Result<ReappraisalCommit> Committer::commit_reappraised(std::vector<ReappraisedHost> hosts) {
  ReappraisalTask task{std::move(hosts), {}};
  auto answer = task.answer.get_future();
  if (!post(Task(std::move(task)))) {
    return Error{ErrorCode::kBusy, "shutting down"};
  }
  return answer.get();
}

bool Committer::is_still_so(const ReappraisedHost& judged) const {
  const std::optional<Host> now = ports_.hosts.find(judged.host.record->uid);
  // States are replaced at each step: the same revision, the same sequence and evidence (and time
  // has not made it stale).
  const bool is_untouched = now && now->revision == judged.host.revision &&
                            now->record->generation == judged.host.record->generation &&
                            now->record->may_attest();
  return is_untouched && snapshot_for(*now->record, *now->state)->id() == judged.verdict.snapshot;
}

void Committer::add_reappraised(ReappraisedHost& judged, Write& write, ReappraisalCommit& done) {
  const HostUid& uid = judged.host.record->uid;
  // Only judged hosts have one: nobody becomes trusted by old evidence who would then never turn
  // stale.
  const std::optional<Deadlines::Term> term = deadlines_.find(uid);
  if (!is_still_so(judged) || !term || write.outcomes.has(uid) || unrecorded_.count(uid) != 0) {
    ++done.overtaken;
    return;
  }
  const HostState& previous = *judged.host.state;
  const HostRecord& record = *judged.host.record;
  const WallTime now = time_of_its_own();
  const std::shared_ptr<const Snapshot> snapshot = snapshot_for(record, previous);
  const auto latches =
      latched(previous.latches, judged.verdict, snapshot->policy().latch, now, previous.sequence);
  Verdict verdict = held(std::move(judged.verdict), latches.get());
  if (!differs(previous, verdict) && latches == previous.latches) {
    return;
  }
  ++(previous.state == verdict.state ? done.rewritten : done.changed);
  auto next = std::make_shared<HostState>(previous);
  next->state = verdict.state;
  next->verdict = std::move(verdict);
  next->latches = latches;
  next->judged = now;
  if (judged.proof) {
    next->proof = std::move(judged.proof);
  }
  // Nobody gets fresher by it: the deadline moves as far as the policies differ in it.
  if (next->state != TrustState::kUnknown) {
    const std::int64_t validity =
        std::min(validity_of(next->verdict), snapshot->policy().freshness.stale_after_ms);
    write.outcomes.of(uid).deadline = {{term->at.ms + validity - term->validity_ms}, validity};
  }
  write.batch.revisions.push_back(revision_of(*next, RevisionCause::kReappraised, now));
  add_state(*ports_.hosts.find(uid)->record, previous, next, now, write);
}

void Committer::handle(ReappraisalTask& task) {
  Write write;
  ReappraisalCommit done;
  for (ReappraisedHost& judged : task.hosts) {
    add_reappraised(judged, write, done);
  }
  if (const Result<void> written = write_durably(write); !written) {
    count(ports_.counters.commit_failures);
    task.answer.set_value(written.error());
    return;
  }
  task.answer.set_value(done);
}

}  // namespace quotemill
