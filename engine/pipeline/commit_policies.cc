// The committer's part in policies that changed, for hosts that say nothing: whom no policy is for
// is unknown, and whom one gives less time turns stale by it, and not first when they attest again.
#include <algorithm>
#include <utility>

#include "engine/base/limits.h"
#include "engine/pipeline/committer.h"
#include "engine/pipeline/verdict_records.h"
#include "engine/verdict/latch.h"

namespace quotemill {
namespace {

constexpr std::size_t kLookedAtMax = 4'096;  // bound: hosts, while the next batch waits

Findings of_nobody() {
  Finding finding;
  finding.code = FindingCode::kPolicyNone;
  finding.severity = Severity::kWarning;
  return {finding};
}

}  // namespace

void Committer::leave_to_nobody(const HostRecord& record, Write& write) {
  const std::optional<Host> host = ports_.hosts.find(record.uid);
  if (!host || !record.may_attest() || write.outcomes.has(record.uid)) {
    return;
  }
  const std::shared_ptr<const HostState> previous = recorded(*host);
  const std::shared_ptr<const Snapshot> snapshot = snapshot_for(record, *previous);
  if (!rests_on_evidence(previous->state) || !snapshot->is_of_nobody() ||
      previous->verdict.snapshot == snapshot->id()) {
    return;
  }
  Verdict verdict = decide(of_nobody());
  verdict.snapshot = snapshot->id();
  verdict.fresh_from = previous->verdict.fresh_from;
  verdict.valid_until = previous->verdict.valid_until;
  auto next = std::make_shared<HostState>(*previous);
  next->verdict = held(std::move(verdict), previous->latches.get());
  next->state = next->verdict.state;
  next->judged = time_of_its_own();
  write.batch.revisions.push_back(revision_of(*next, RevisionCause::kReappraised, next->judged));
  add_state(record, *previous, next, next->judged, write);
}

// Less time counts at once. More of it is given when the time is over that was written, with the
// revision that says so (end_term): of a fleet that attests, nothing needs to be written.
void Committer::keep_to(const FreshnessRules& rules, const HostUid& host, std::int64_t written_ms) {
  const std::optional<Deadlines::Term> term = deadlines_.find(host);
  const std::int64_t validity = std::min(rules.stale_after_ms, written_ms);
  if (!term || term->validity_ms == validity) {
    return;
  }
  // Behind a start nobody turns stale before it could attest.
  const std::int64_t earliest = std::min(started_.ms + 2 * rules.attest_every_ms, term->at.ms);
  const std::int64_t at = term->at.ms + validity - term->validity_ms;
  deadlines_.set(host, {{std::max(at, earliest)}, validity});
}

// A page of the fleet, after the policies changed: what fails is tried again, the rest follows.
void Committer::keep_some_to_policies() {
  if (!unseen_after_) {
    return;
  }
  const std::shared_ptr<const PolicySet> policies = ports_.policies.current();
  std::vector<HostRecord> left;
  std::string last;
  std::size_t looked_at = 0;
  ports_.hosts.glance(*unseen_after_, [&](const HostGlance& host) {
    if (looked_at == kLookedAtMax || left.size() == limits::kBatchItemsMax) {
      return false;
    }
    ++looked_at;
    last = host.name;
    if (!rests_on_evidence(host.state)) {
      return true;
    }
    const std::shared_ptr<const Snapshot>& snapshot = policies->snapshot_for(host.traits());
    if (snapshot->is_of_nobody()) {
      left.push_back(host.record());
    } else {
      keep_to(snapshot->policy().freshness, host.uid, host.valid_until.ms - host.fresh_from.ms);
    }
    return true;
  });
  Write write;
  for (const HostRecord& record : left) {
    leave_to_nobody(record, write);
  }
  if (!write_durably(write)) {
    count(ports_.counters.commit_failures);
    return;
  }
  const bool is_end = looked_at < kLookedAtMax && left.size() < limits::kBatchItemsMax;
  unseen_after_ = is_end ? std::nullopt : std::optional(last);
}

}  // namespace quotemill
