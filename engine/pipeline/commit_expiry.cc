// The committer's part in what time does: hosts that fall silent, and time of ours that counts
// against none of them.
#include <algorithm>
#include <utility>

#include "engine/pipeline/committer.h"
#include "engine/pipeline/verdict_records.h"
#include "engine/verdict/verdict_validity.h"

namespace quotemill {
namespace {

constexpr std::int64_t kRetryMs = 1'000;  // time must not be forgotten because a disk was full

}  // namespace

std::shared_ptr<const HostState> Committer::recorded(const Host& host) const {
  const auto found = unrecorded_.find(host.record->uid);
  return found == unrecorded_.end() ? host.state : found->second.recorded;
}

std::shared_ptr<HostState> Committer::stale_state(const HostRecord& record,
                                                  const HostState& previous, Moment now) {
  auto next = std::make_shared<HostState>(previous);
  const std::shared_ptr<const Snapshot> snapshot = snapshot_for(record, previous);
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
  next->judged = time_of_its_own();
  return next;
}

// While the store refuses, nobody gets a receipt, however well it attests: then no edge is made, or
// the whole fleet would be told to be silent at once. But no reader is shown as trusted whoever is
// over its deadline.
void Committer::expire(Moment now) {
  ports_.policies.observe(moment_of_ends().wall);
  std::vector<Deadlines::Due> due = deadlines_.take_due(now.boot);
  if (refusing_since_ && !due.empty()) {
    show_overdue(due, now);
    if (!takes_writes_again(due)) {
      return;
    }
    due = deadlines_.take_due(now.boot);
  }
  if (!due.empty()) {
    end_terms(due, now);
  }
}

void Committer::end_terms(const std::vector<Deadlines::Due>& due, Moment now) {
  Write write;
  for (const auto& [uid, term] : due) {
    const std::optional<Host> host = ports_.hosts.find(uid);
    if (host && rests_on_evidence(recorded(*host)->state)) {
      end_term(*host, term, now, write);
    }
  }
  if (!write_durably(write)) {
    count(ports_.counters.commit_failures);
    show_overdue(due, now);
  }
}

// The host turns stale; unless its policy gives it more time by now than was written.
void Committer::end_term(const Host& host, const Deadlines::Term& term, Moment now, Write& write) {
  const std::shared_ptr<const HostState> previous = recorded(host);
  const std::shared_ptr<const Snapshot> snapshot = snapshot_for(*host.record, *previous);
  const std::int64_t allowed = snapshot->policy().freshness.stale_after_ms;
  if (allowed > term.validity_ms && !snapshot->is_of_nobody()) {
    const auto next = std::make_shared<HostState>(*previous);
    set_validity(next->verdict, allowed);
    const WallTime time = time_of_its_own();
    write.batch.revisions.push_back(revision_of(*next, RevisionCause::kFreshness, time));
    write.outcomes.of(next->host).deadline = {{term.at.ms + allowed - term.validity_ms}, allowed};
    add_state(*host.record, *previous, next, time, write);
    return;
  }
  const auto next = stale_state(*host.record, *previous, now);
  if (term.validity_ms != validity_of(previous->verdict)) {
    set_validity(next->verdict, term.validity_ms);
    next->verdict.snapshot = snapshot->id();
    write.batch.revisions.push_back(revision_of(*next, RevisionCause::kFreshness, next->judged));
  }
  add_state(*host.record, *previous, next, next->judged, write);
}

void Committer::show_overdue(const std::vector<Deadlines::Due>& due, Moment now) {
  for (const auto& [uid, term] : due) {
    const std::optional<Host> host = ports_.hosts.find(uid);
    if (!host || !rests_on_evidence(recorded(*host)->state)) {
      continue;
    }
    if (unrecorded_.try_emplace(uid, Unrecorded{host->state, term}).second) {
      const auto next = stale_state(*host->record, *host->state, now);
      next->since = next->judged;
      ports_.hosts.put_state(next);
    }
    deadlines_.set(uid, {{now.boot.ms + kRetryMs}, term.validity_ms});
  }
}

// Asks by writing what is there already: who is overdue waits for the answer.
bool Committer::takes_writes_again(const std::vector<Deadlines::Due>& due) {
  Write write;
  for (const auto& [uid, term] : due) {
    if (const std::optional<Host> host = ports_.hosts.find(uid)) {
      write.batch.hosts.push_back(host->record);
      break;
    }
  }
  if (!write_durably(write)) {
    count(ports_.counters.commit_failures);
    return false;
  }
  return !write.batch.empty();
}

// Each deadline moves by as long as nobody could have met it, and by no more.
void Committer::end_outage() {
  if (!refusing_since_) {
    return;
  }
  const BootTime now = ports_.clock.now().boot;
  for (const auto& [uid, overdue] : unrecorded_) {
    deadlines_.set(uid, overdue.term);
  }
  deadlines_.put_off(now.ms - refusing_since_->ms);
  refusing_since_.reset();
  looped_ = now;  // no part of it counts twice
}

void Committer::note_pause(Moment now) {
  const std::int64_t passed = now.boot.ms - looped_.ms;
  looped_ = now.boot;
  if (pause_ms_ != 0 && passed >= pause_ms_ && !refusing_since_) {
    deadlines_.put_off(passed);
  }
}

Moment Committer::moment_of_ends() {
  const Moment now = ports_.clock.now();
  const std::int64_t passed = std::max<std::int64_t>(0, now.boot.ms - ends_.boot.ms);
  ends_ = {{std::max(now.wall.ms, ends_.wall.ms + passed)}, now.boot};
  return ends_;
}

}  // namespace quotemill
