// The committer's part in what becomes of a host by decision: enrolment, operators' acts, imports.
#include <utility>

#include "engine/pipeline/committer.h"
#include "engine/pipeline/differing_verdicts.h"
#include "engine/pipeline/verdict_records.h"
#include "engine/verdict/latch.h"

namespace quotemill {

Result<std::shared_ptr<const HostRecord>> Committer::change(IdentityDecision decide) {
  IdentityTask task{std::move(decide), {}};
  auto answer = task.answer.get_future();
  if (!post(Task(std::move(task)))) {
    return Error{ErrorCode::kBusy, "shutting down"};
  }
  return answer.get();
}

void Committer::handle(IdentityTask& task) {
  Result<IdentityUpdate> update =
      task.decide(RegistryView{ports_.hosts, tokens_, moment_of_ends()});
  if (!update) {
    task.answer.set_value(update.error());
    return;
  }
  Write write;
  std::shared_ptr<const HostRecord> record;
  if (update->record) {
    record = std::make_shared<const HostRecord>(*update->record);
    add_record(record, write);
    if (update->reset_state) {
      reset_state(*record, *update, write);
    }
  }
  if (update->state) {
    replace_state(*std::move(update->state), write);
  }
  for (HostRecord& added : update->added) {
    add_record(std::make_shared<const HostRecord>(std::move(added)), write);
    reset_state(*write.batch.hosts.back(), *update, write);
  }
  for (HostRecord& other : update->records) {
    add_record(std::make_shared<const HostRecord>(std::move(other)), write);
  }
  for (const auto& changed : write.batch.hosts) {
    leave_to_nobody(*changed, write);
    tell_after_maintenance(*changed, write);
  }
  write.batch.ek_certificates = std::move(update->ek_certificates);
  write.batch.tokens = update->tokens;
  write.batch.hosts_removed = update->removed;
  if (update->baseline) {
    write.batch.baselines.push_back(update->baseline);
  }
  if (update->replaced) {
    write.batch.baselines.push_back(update->replaced);
  }
  if (update->rollout) {
    write.batch.rollouts.push_back(update->rollout);
  }
  if (update->reference_file) {
    write.batch.reference_files.push_back(update->reference_file);
  }
  if (update->policies) {
    write.batch.policies = update->policies->records;
  }
  if (update->audit && (update->is_act_alone || !write.batch.empty())) {
    write.batch.audit.push_back(next_record(audit_, *std::move(update->audit), time_of_its_own()));
  }
  if (Result<void> written = write_durably(write); !written) {
    count(ports_.counters.commit_failures);
    task.answer.set_value(written.error());
    return;
  }
  if (update->policies) {
    ports_.policies.adopt(*update->policies);
    unseen_after_ = "";
  }
  task.answer.set_value(record);
}

void Committer::add_record(const std::shared_ptr<const HostRecord>& record, Write& write) const {
  const std::optional<Host> before = ports_.hosts.find(record->uid);
  if (before && before->record->generation != record->generation) {
    write.batch.former_identities.push_back(before->record);
  }
  write.batch.hosts.push_back(record);
}

// Of a host that is gone meanwhile there is nothing to replace.
void Committer::replace_state(HostState state, Write& write) {
  if (const std::optional<Host> host = ports_.hosts.find(state.host)) {
    const std::shared_ptr<const HostState> previous = recorded(*host);
    const auto next = std::make_shared<HostState>(std::move(state));
    const WallTime now = time_of_its_own();
    if (differs(*previous, next->verdict)) {
      write.batch.revisions.push_back(revision_of(*next, RevisionCause::kAcknowledged, now));
    }
    add_state(*host->record, *previous, next, now, write);
  }
}

// The same host under a new identity is judged anew; its sequence goes on, so that no nonce of
// before can ever count again. The verdict of before ends with it, in the history as well: what was
// trusted until its validity ended must not be told as trusted after the host was retired.
void Committer::reset_state(const HostRecord& record, const IdentityUpdate& update, Write& write) {
  const std::optional<Host> host = ports_.hosts.find(record.uid);
  const HostState previous = host ? *recorded(*host) : HostState{};
  auto next = std::make_shared<HostState>();
  next->host = record.uid;
  next->generation = record.generation;
  next->sequence = previous.sequence;
  next->host_changes = previous.host_changes;
  next->trust_lost = previous.trust_lost;
  next->judged = time_of_its_own();
  next->since = previous.state == TrustState::kUnknown ? previous.since : next->judged;
  next->verdict.findings = update.reasons;
  // Neither another key nor another life is an acknowledgement.
  next->latches =
      latched(previous.latches, next->verdict, snapshot_for(record, *next)->policy().latch,
              next->judged, next->sequence);
  if (previous.sequence != 0 && differs(previous, next->verdict)) {
    VerdictRevision ended = revision_of(*next, RevisionCause::kIdentity, next->judged);
    ended.generation = previous.generation;
    write.batch.revisions.push_back(std::move(ended));
  }
  add_state(record, previous, next, next->judged, write);
}

// In the form of a change between two states, of which both are the one that the host is in: who
// was not woken by how it got there is told that it is there.
void Committer::tell_after_maintenance(const HostRecord& record, Write& write) {
  const std::optional<Host> host = ports_.hosts.find(record.uid);
  const bool is_over = host && host->record->life_cycle == LifeCycle::kMaintenance &&
                       record.life_cycle == LifeCycle::kActive;
  if (!is_over || write.outcomes.has(record.uid)) {
    return;
  }
  const std::shared_ptr<const HostState> now = recorded(*host);
  const bool is_news = now->state != TrustState::kTrusted && now->sequence != 0;
  if (!is_news) {
    return;
  }
  HostState untold = *now;
  untold.state = TrustState::kTrusted;
  const auto next = std::make_shared<HostState>(*now);
  add_state(record, untold, next, time_of_its_own(), write);
  write.batch.changes.back().previous = now->state;
  next->since = now->since;
}

}  // namespace quotemill
