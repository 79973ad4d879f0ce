// The committer's part in hosts that no policy is for: they are unknown, and not first when they
// attest again.
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
  if (!host || !record.may_attest() || write.states.count(record.uid) != 0) {
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
  next->judged = store_time();
  write.batch.revisions.push_back(revision_of(*next, RevisionCause::kReappraised, next->judged));
  add_state(record, *previous, next, next->judged, write);
}

// A page of the fleet, after the policies changed: what fails is tried again, the rest follows.
void Committer::leave_some_to_nobody() {
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
    const HostRecord& record = host.record();
    last = record.name;
    if (record.may_attest() && rests_on_evidence(host.state) &&
        policies->snapshot_for(traits_of(record, view_of(host.facts)))->is_of_nobody()) {
      left.push_back(record);
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
