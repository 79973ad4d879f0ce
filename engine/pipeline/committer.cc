#include "engine/pipeline/committer.h"

#include <algorithm>
#include <chrono>
#include <limits>
#include <utility>

#include "engine/esxi/log/kept_log.h"
#include "engine/pipeline/differing_verdicts.h"
#include "engine/pipeline/verdict_records.h"
#include "engine/verdict/latch.h"

namespace quotemill {
namespace {

constexpr std::chrono::milliseconds kIdleWait{1000};

Reply reply_to(const Judgement& judgement, ReplyKind kind) {
  Reply reply;
  reply.host = judgement.submission.host->uid;
  reply.generation = judgement.submission.host->generation;
  reply.sequence = judgement.submission.challenge.sequence;
  reply.kind = kind;
  return reply;
}

Reply error_reply(const Judgement& judgement, Error error) {
  Reply reply = reply_to(judgement, ReplyKind::kError);
  reply.error = std::move(error);
  return reply;
}

// While we or the host were away nobody could answer: whoever comes back gets its interval.
BootTime deadline_after_pause(WallTime valid_until, const FreshnessRules& rules, Moment now) {
  const std::int64_t left =
      std::clamp<std::int64_t>(valid_until.ms - now.wall.ms, 0, rules.stale_after_ms);
  return {now.boot.ms + std::max(left, 2 * rules.attest_every_ms)};
}

}  // namespace

Committer::Committer(const CommitterPorts& ports, CommitterStart start)
    : ports_(ports),
      stream_id_(std::move(start.stream_id)),
      last_change_(start.last_change),
      last_time_(start.last_time),
      audit_(start.audit),
      receipts_(ports.nonces, start.seed) {
  for (TokenRecord& token : start.tokens) {
    const std::string id = token.id.hex();
    tokens_.emplace(id, std::move(token));
  }
}

Committer::~Committer() {
  stop();
}

void Committer::start() {
  const Moment now = ports_.clock.now();
  ports_.policies.observe(now.wall);
  thread_ = std::thread([this, now, policies = ports_.policies.current()] {
    set_deadlines(now, *policies);
    run();
  });
}

// On the commit thread, which alone asks for deadlines: nobody else waits for those of a million
// hosts.
void Committer::set_deadlines(Moment now, const PolicySet& policies) {
  deadlines_.reserve(ports_.hosts.size());
  ports_.hosts.glance_at_all([&](const HostGlance& host) {
    if (rests_on_evidence(host.state)) {
      const FreshnessRules& rules = policies.snapshot_for(host.traits())->policy().freshness;
      deadlines_.set(host.uid, deadline_after_pause(host.valid_until, rules, now));
    }
  });
}

void Committer::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  posted_.notify_all();
  if (thread_.joinable()) {
    thread_.join();
  }
}

bool Committer::post(Task&& task) {
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) {
      return false;
    }
    tasks_.push_back(std::move(task));
  }
  posted_.notify_one();
  return true;
}

void Committer::submit(std::vector<Judgement> batch, std::function<void()> done) {
  Task task = BatchTask{std::move(batch), std::move(done)};
  if (post(std::move(task))) {
    return;
  }
  const BatchTask& refused = std::get<BatchTask>(task);
  std::vector<Reply> replies;
  for (const Judgement& judgement : refused.judgements) {
    replies.push_back(error_reply(judgement, {ErrorCode::kBusy, "shutting down"}));
  }
  ports_.replies.deliver(std::move(replies));
  if (refused.done) {
    refused.done();
  }
}

Result<std::shared_ptr<const HostRecord>> Committer::change(IdentityDecision decide) {
  IdentityTask task{std::move(decide), {}};
  auto answer = task.answer.get_future();
  if (!post(Task(std::move(task)))) {
    return Error{ErrorCode::kBusy, "shutting down"};
  }
  return answer.get();
}

void Committer::renew_stream() {
  post(Task(RenewStreamTask{}));
}

void Committer::run() {
  std::unique_lock lock(mutex_);
  while (true) {
    const Moment now = ports_.clock.now();
    std::chrono::milliseconds wait = kIdleWait;
    if (const auto next = deadlines_.next()) {
      wait = std::clamp(std::chrono::milliseconds(next->ms - now.boot.ms),
                        std::chrono::milliseconds(1), kIdleWait);
    }
    posted_.wait_for(lock, wait, [this] { return stopping_ || !tasks_.empty(); });
    if (tasks_.empty() && stopping_) {
      return;
    }
    if (tasks_.empty()) {
      lock.unlock();
      expire(ports_.clock.now());
      lock.lock();
      continue;
    }
    Task task = std::move(tasks_.front());
    tasks_.pop_front();
    lock.unlock();
    std::visit([this](auto& kind) { handle(kind); }, task);
    expire(ports_.clock.now());
    lock.lock();
  }
}

void Committer::handle(BatchTask& task) {
  const StageTimer timer(ports_.counters.times.commit);
  Write write;
  write.replies.reserve(task.judgements.size());
  for (Judgement& judgement : task.judgements) {
    add_judgement(judgement, write);
  }
  const Result<void> written = write_durably(write);
  if (!written) {
    count(ports_.counters.commit_failures);
    // Nothing of it is there: nobody may get a receipt.
    for (Reply& reply : write.replies) {
      reply.kind = ReplyKind::kError;
      reply.error = written.error();
      reply.body.clear();
    }
  }
  ports_.replies.deliver(std::move(write.replies));
  note_receipts(task);
  count(ports_.counters.batches);
  if (task.done) {
    task.done();
  }
}

void Committer::note_receipts(const BatchTask& task) {
  const BootTime now = ports_.clock.now().boot;
  for (const Judgement& judgement : task.judgements) {
    if (judgement.kind == JudgementKind::kVerdict) {
      ports_.counters.times.receipt.observe(
          std::chrono::milliseconds(now.ms - judgement.submission.received.boot.ms));
    }
  }
}

void Committer::add_judgement(Judgement& judgement, Write& write) {
  if (judgement.kind == JudgementKind::kError) {
    count(ports_.counters.internal_errors);
    write.replies.push_back(error_reply(judgement, judgement.error));
    return;
  }
  if (judgement.kind == JudgementKind::kUnproven) {
    count(ports_.counters.unproven);
    write.replies.push_back(reply_to(judgement, ReplyKind::kUnproven));
    write.replies.back().error = judgement.error;
    return;
  }
  const HostUid& uid = judgement.submission.host->uid;
  const std::optional<Host> host = ports_.hosts.find(uid);
  const auto newer = write.states.find(uid);
  const bool is_current =
      host && host->record->may_attest() &&
      host->record->generation == judgement.submission.host->generation &&
      (newer == write.states.end() ? host->state : newer->second)->sequence + 1 ==
          judgement.submission.challenge.sequence;
  if (!is_current) {
    count(ports_.counters.dropped_not_current);
    write.replies.push_back(error_reply(judgement, {ErrorCode::kConflict, "not current any more"}));
    return;
  }
  if (judgement.kind == JudgementKind::kNeedLog) {
    write.replies.push_back(reply_to(judgement, ReplyKind::kNeedLog));
    write.replies.back().need = judgement.need;
    return;
  }
  add_verdict(judgement, *host->record, newer == write.states.end() ? *host->state : *newer->second,
              write);
}

void Committer::add_verdict(Judgement& judgement, const HostRecord& record,
                            const HostState& previous, Write& write) {
  const WallTime now = store_time();
  const auto latches =
      latched(previous.latches, judgement.verdict, judgement.snapshot->policy().latch, now,
              judgement.submission.challenge.sequence);
  judgement.verdict = held(std::move(judgement.verdict), latches.get());
  std::shared_ptr<HostState> next = next_state(judgement, previous, now);
  next->latches = latches;
  next->receipt = receipts_.make(record, judgement.snapshot->policy(), now, *next);
  Reply reply = reply_to(judgement, ReplyKind::kReceipt);
  reply.body = next->receipt;
  write.replies.push_back(std::move(reply));
  // Of two verdicts on a host within one batch the second is always an edge: then the order within
  // the batch is plain.
  const bool is_edge =
      write.states.count(record.uid) != 0 || !is_reaffirmation(judgement, previous, *next);
  if (judgement.boot_log == judgement.evidence) {
    drop_secrets(judgement.submission.boot_log);
    write.batch.boot_logs.push_back({judgement.boot_log, std::move(judgement.submission.boot_log)});
  }
  if (rests_on_evidence(next->state)) {
    // In boot time, so that nobody turns stale, or stays fresh, because a wall clock was set.
    const std::int64_t valid_ms = next->verdict.valid_until.ms - next->verdict.fresh_from.ms;
    write.deadlines[record.uid] = {judgement.submission.challenge.issued.ms + valid_ms};
  }
  if (!is_edge) {
    write.states[record.uid] = next;
    write.batch.reaffirmed.push_back({next, history_of(judgement, now)});
    return;
  }
  write.batch.history.push_back(history_of(judgement, now));
  add_state(record, previous, next, now, write);
}

void Committer::add_state(const HostRecord& record, const HostState& previous,
                          const std::shared_ptr<HostState>& next, WallTime now, Write& write) {
  if (previous.state != next->state) {
    next->since = now;
  }
  if (std::optional<Change> change = compare(previous, *next)) {
    change->sequence = last_change_ + write.batch.changes.size() + 1;
    change->host_name = record.name;
    change->ek_sha256 = record.ek_sha256;
    change->in_maintenance = record.life_cycle == LifeCycle::kMaintenance;
    change->policy_id = snapshot_for(record, *next)->policy().id;
    next->host_changes = change->host_sequence;
    write.batch.changes.push_back(std::move(*change));
  }
  write.states[record.uid] = next;
  write.batch.states.push_back(next);
}

Result<void> Committer::write_durably(Write& write) {
  if (write.batch.empty()) {
    return {};
  }
  if (Result<void> committed = ports_.log.commit(write.batch); !committed) {
    return committed;
  }
  last_change_ += write.batch.changes.size();
  const Moment now = ports_.clock.now();
  for (const auto& record : write.batch.hosts) {
    put_host(record, now);
  }
  for (const auto& [uid, state] : write.states) {
    ports_.hosts.put_state(state);
    if (const auto deadline = write.deadlines.find(uid); deadline != write.deadlines.end()) {
      deadlines_.set(uid, deadline->second);
    } else if (!rests_on_evidence(state->state)) {
      deadlines_.clear(uid);
    }
  }
  for (const HostUid& uid : write.batch.hosts_removed) {
    ports_.hosts.remove(uid);
    deadlines_.clear(uid);
  }
  for (const TokenRecord& token : write.batch.tokens) {
    tokens_[token.id.hex()] = token;
  }
  if (!write.batch.baselines.empty() || !write.batch.rollouts.empty()) {
    ports_.policies.add(write.batch.baselines, write.batch.rollouts);
  }
  for (const AuditRecord& act : write.batch.audit) {
    audit_ = {act.number, act.id};
  }
  count_verdicts(write.batch);
  ports_.changes.publish(stream_id_, write.batch.changes);
  return {};
}

void Committer::count_verdicts(const CommitBatch& batch) {
  PipelineCounters& counters = ports_.counters;
  for (const HistoryEntry& entry : batch.history) {
    count(counters.verdicts.at(static_cast<std::size_t>(entry.verdict.state)));
  }
  for (const Reaffirmation& reaffirmation : batch.reaffirmed) {
    count(counters.verdicts.at(static_cast<std::size_t>(reaffirmation.entry.verdict.state)));
  }
  count(counters.attestations, batch.history.size() + batch.reaffirmed.size());
  count(counters.reaffirmed, batch.reaffirmed.size());
  count(counters.changes, batch.changes.size());
}

// A host that may not attest does not turn stale; one that may again must not stay as it was left.
void Committer::put_host(const std::shared_ptr<const HostRecord>& record, Moment now) {
  const std::optional<Host> before = ports_.hosts.find(record->uid);
  ports_.hosts.put(record);
  if (!record->may_attest()) {
    deadlines_.clear(record->uid);
  } else if (before && !before->record->may_attest() && rests_on_evidence(before->state->state)) {
    const FreshnessRules& rules = snapshot_for(*record, *before->state)->policy().freshness;
    deadlines_.set(record->uid,
                   deadline_after_pause(before->state->verdict.valid_until, rules, now));
  }
}

void Committer::handle(IdentityTask& task) {
  Result<IdentityUpdate> update =
      task.decide(RegistryView{ports_.hosts, tokens_, ports_.clock.now()});
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
    write.batch.audit.push_back(next_record(audit_, *std::move(update->audit), store_time()));
  }
  if (Result<void> written = write_durably(write); !written) {
    count(ports_.counters.commit_failures);
    task.answer.set_value(written.error());
    return;
  }
  if (update->policies) {
    ports_.policies.adopt(*update->policies);
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
    const auto next = std::make_shared<HostState>(std::move(state));
    const WallTime now = store_time();
    if (differs(*host->state, next->verdict)) {
      write.batch.revisions.push_back(revision_of(*next, RevisionCause::kAcknowledged, now));
    }
    add_state(*host->record, *host->state, next, now, write);
  }
}

// The same host under a new identity is judged anew; its sequence goes on, so that no nonce of
// before can ever count again.
void Committer::reset_state(const HostRecord& record, const IdentityUpdate& update, Write& write) {
  const std::optional<Host> host = ports_.hosts.find(record.uid);
  const HostState previous = host ? *host->state : HostState{};
  auto next = std::make_shared<HostState>();
  next->host = record.uid;
  next->generation = record.generation;
  next->sequence = previous.sequence;
  next->host_changes = previous.host_changes;
  next->judged = store_time();
  next->since = previous.state == TrustState::kUnknown ? previous.since : next->judged;
  next->verdict.findings = update.reasons;
  // Neither another key nor another life is an acknowledgement.
  next->latches =
      latched(previous.latches, next->verdict, snapshot_for(record, *next)->policy().latch,
              next->judged, next->sequence);
  add_state(record, previous, next, next->judged, write);
}

void Committer::handle(const RenewStreamTask& /*task*/) {
  if (Result<std::string> renewed = ports_.log.renew_stream()) {
    stream_id_ = *renewed;
  } else {
    count(ports_.counters.commit_failures);
  }
}

void Committer::expire(Moment now) {
  ports_.policies.observe(now.wall);
  const std::vector<HostUid> due = deadlines_.take_due(now.boot);
  if (due.empty()) {
    return;
  }
  Write write;
  for (const HostUid& uid : due) {
    const std::optional<Host> host = ports_.hosts.find(uid);
    if (!host || !rests_on_evidence(host->state->state)) {
      continue;
    }
    auto next = std::make_shared<HostState>(*host->state);
    const std::shared_ptr<const Snapshot> snapshot = snapshot_for(*host->record, *host->state);
    Finding finding;
    finding.code = FindingCode::kStaleNoContact;
    finding.severity = Severity::kWarning;
    finding.seen_number = static_cast<std::uint64_t>(
        (std::max<std::int64_t>(0, now.wall.ms - next->verdict.fresh_from.ms) + 999) / 1000);
    finding.expected_number =
        static_cast<std::uint64_t>(snapshot->policy().freshness.stale_after_ms / 1000);
    next->state = TrustState::kStale;
    next->verdict.state = TrustState::kStale;
    next->verdict.findings = {finding};
    next->verdict.findings_dropped = 0;
    next->judged = store_time();
    add_state(*host->record, *host->state, next, next->judged, write);
  }
  if (!write_durably(write)) {
    count(ports_.counters.commit_failures);
    // Try again soon: time must not be forgotten because the disk was full for a moment.
    for (const HostUid& uid : due) {
      deadlines_.set(uid, {now.boot.ms + kIdleWait.count()});
    }
  }
}

std::shared_ptr<const Snapshot> Committer::snapshot_for(const HostRecord& record,
                                                        const HostState& state) const {
  return ports_.policies.current()->snapshot_for(traits_of(record, view_of(state.facts)));
}

WallTime Committer::store_time() {
  const WallTime now = ports_.clock.now().wall;
  last_time_.ms = std::max(now.ms, last_time_.ms + 1);
  return last_time_;
}

}  // namespace quotemill
