#include "engine/pipeline/committer.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "engine/verdict/verdict_validity.h"

namespace quotemill {
namespace {

constexpr std::chrono::milliseconds kIdleWait{1000};

// While we or the host were away nobody could answer: whoever comes back gets its interval.
Deadlines::Term term_after_pause(WallTime fresh_from, WallTime valid_until,
                                 const FreshnessRules& rules, Moment now) {
  const std::int64_t validity = std::min(valid_until.ms - fresh_from.ms, rules.stale_after_ms);
  const std::int64_t left = std::clamp<std::int64_t>(fresh_from.ms + validity - now.wall.ms, 0,
                                                     std::max<std::int64_t>(validity, 0));
  return {{now.boot.ms + std::max(left, 2 * rules.attest_every_ms)}, validity};
}

}  // namespace

Committer::Committer(const CommitterPorts& ports, CommitterStart start)
    : ports_(ports),
      stream_id_(std::move(start.stream_id)),
      last_change_(start.last_change),
      chain_(start.chain),
      last_time_(start.last_time),
      audit_(start.audit),
      receipts_(ports.nonces, start.seed),
      pause_ms_(start.pause_ms),
      started_(ports.clock.now().boot),
      looped_(started_),
      ends_{start.last_time, looped_} {
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
  started_ = looped_ = now.boot;
  unseen_after_ = "";
  ports_.policies.observe(moment_of_ends().wall);
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
      deadlines_.set(host.uid, term_after_pause(host.fresh_from, host.valid_until, rules, now));
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
    if (unseen_after_ && !refusing_since_) {
      wait = std::chrono::milliseconds(1);
    }
    posted_.wait_for(lock, wait, [this] { return stopping_ || !tasks_.empty(); });
    if (tasks_.empty() && stopping_) {
      lock.unlock();
      keep_images(/*is_end=*/true);
      return;
    }
    std::optional<Task> task;
    if (!tasks_.empty()) {
      task = std::move(tasks_.front());
      tasks_.pop_front();
    }
    lock.unlock();
    if (task) {
      std::visit([this](auto& kind) { handle(kind); }, *task);
    }
    keep_images(/*is_end=*/false);
    ports_.hosts.pack_idle(ports_.clock.now().boot);
    keep_some_to_policies();
    note_pause(ports_.clock.now());
    expire(ports_.clock.now());
    lock.lock();
  }
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
    const std::shared_ptr<const Snapshot> snapshot = snapshot_for(record, *next);
    change->policy_id = snapshot->policy().id;
    change->policy_version = snapshot->policy().version;
    change->rollout = snapshot->rollout() == nullptr ? "" : snapshot->rollout()->rollout;
    change->chain_before = write.batch.changes.empty() ? chain_ : id_of(write.batch.changes.back());
    next->host_changes = change->host_sequence;
    next->trust_lost = ends_loss(*change) ? 0 : change->trust_lost;
    write.batch.changes.push_back(std::move(*change));
  }
  write.outcomes.of(record.uid).state = next;
  write.batch.states.push_back(next);
}

Result<void> Committer::write_durably(Write& write) {
  if (write.batch.empty()) {
    return {};
  }
  const BootTime began = ports_.clock.now().boot;
  Result<void> committed = ports_.log.commit(write.batch);
  ports_.counters.commits_fail.store(!committed, std::memory_order_relaxed);
  if (!committed) {
    refusing_since_ = refusing_since_.value_or(began);
    return committed;
  }
  end_outage();
  last_change_ += write.batch.changes.size();
  if (!write.batch.changes.empty()) {
    chain_ = id_of(write.batch.changes.back());
  }
  const Moment now = ports_.clock.now();
  for (const auto& record : write.batch.hosts) {
    put_host(record, now);
  }
  put_states(write.outcomes.all());
  for (const HostUid& uid : write.batch.hosts_removed) {
    ports_.hosts.remove(uid);
    unrecorded_.erase(uid);
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
  note_images(write.images);
  ports_.changes.publish(stream_id_, write.batch.changes);
  return {};
}

void Committer::put_states(std::vector<HostOutcome>& outcomes) {
  for (const HostOutcome& outcome : outcomes) {
    deadlines_.prefetch(outcome.state->host);
  }
  std::vector<std::shared_ptr<const HostState>> states;
  states.reserve(outcomes.size());
  for (auto& [state, deadline] : outcomes) {
    unrecorded_.erase(state->host);
    if (deadline) {
      deadlines_.set(state->host, *deadline);
    } else if (!rests_on_evidence(state->state)) {
      deadlines_.clear(state->host);
    }
    states.push_back(std::move(state));
  }
  ports_.hosts.put_states(std::move(states));
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

void Committer::note_images(const std::vector<ImageTime>& attested) {
  for (const ImageTime& time : attested) {
    ports_.images->note(time);
  }
}

// Beside what hosts are told: they are not kept waiting for it, and it fails nothing.
void Committer::keep_images(bool is_end) {
  if (ports_.images == nullptr) {
    return;
  }
  const Result<void> kept =
      is_end ? ports_.images->keep_all() : ports_.images->keep(ports_.clock.now().boot);
  if (!kept) {
    count(ports_.counters.commit_failures);
  }
}

// A host that may not attest does not turn stale; one that may again must not stay as it was left;
// of any other one another policy may be in force from now on.
void Committer::put_host(const std::shared_ptr<const HostRecord>& record, Moment now) {
  const std::optional<Host> before = ports_.hosts.find(record->uid);
  ports_.hosts.put(record);
  if (!record->may_attest()) {
    deadlines_.clear(record->uid);
  } else if (before && rests_on_evidence(before->state->state)) {
    const Verdict& verdict = before->state->verdict;
    const std::shared_ptr<const Snapshot> snapshot = snapshot_for(*record, *before->state);
    const FreshnessRules& rules = snapshot->policy().freshness;
    if (before->record->may_attest()) {
      keep_to(rules, record->uid, validity_of(verdict));
    } else {
      deadlines_.set(record->uid,
                     term_after_pause(verdict.fresh_from, verdict.valid_until, rules, now));
    }
  }
}

void Committer::handle(const RenewStreamTask& /*task*/) {
  if (Result<std::string> renewed = ports_.log.renew_stream()) {
    stream_id_ = *renewed;
  } else {
    count(ports_.counters.commit_failures);
  }
}

std::shared_ptr<const Snapshot> Committer::snapshot_for(const HostRecord& record,
                                                        const HostState& state) const {
  return ports_.policies.current()->snapshot_for(traits_of(record, view_of(state.facts)));
}

WallTime Committer::store_time() {
  last_time_ = std::max(last_time_, ports_.clock.now().wall);
  return last_time_;
}

WallTime Committer::time_of_its_own() {
  const WallTime before = last_time_;
  last_time_ = std::max(store_time(), {before.ms + 1});
  return last_time_;
}

}  // namespace quotemill
