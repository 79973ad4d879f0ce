#include "engine/pipeline/time_sweep.h"

#include <memory>
#include <utility>

#include "engine/base/limits.h"
#include "engine/pipeline/differing_verdicts.h"

namespace quotemill {
namespace {

constexpr std::size_t kPage = 1'000;

// Whether time has changed what the host is judged by. `judged_by`: the snapshot of its verdict.
bool is_concerned(TrustState state, const HostRecord& record, const FactsRecord& facts,
                  const SnapshotId& judged_by, const PolicySet& policies) {
  return rests_on_evidence(state) && record.may_attest() &&
         policies.snapshot_for(traits_of(record, view_of(facts)))->id() != judged_by;
}

bool is_concerned(const Host& host, const PolicySet& policies) {
  const HostState& state = *host.state;
  return is_concerned(state.state, *host.record, state.facts, state.verdict.snapshot, policies);
}

class Sweep {
 public:
  Sweep(const TimeSweepParts& parts, std::shared_ptr<const PolicySet> policies, LogClasses logs)
      : parts_(parts),
        policies_(std::move(policies)),
        fleet_({policies_, parts.server_key, parts.history,
                std::make_shared<const LogClasses>(std::move(logs))}) {}

  TimeSweepReport run(const std::function<bool()>& is_over) {
    std::string after;
    for (std::vector<Host> page = parts_.hosts.list(after, kPage); !page.empty();
         page = parts_.hosts.list(after, kPage)) {
      for (const Host& host : page) {
        if (is_over()) {
          return report_;
        }
        if (is_concerned(host, *policies_)) {
          look_at(host);
        }
      }
      commit();
      after = page.back().record->name;
    }
    return report_;
  }

 private:
  void look_at(const Host& host) {
    Reappraisal judged = fleet_.judge(host, extends_);
    switch (judged.kind) {
      case ReappraisalKind::kVerdict:
        ++report_.judged;
        if (differs(*host.state, judged.verdict)) {
          differing_.push_back({host, std::move(judged.verdict), std::move(judged.proof)});
        }
        break;
      case ReappraisalKind::kNoEvidence:
      case ReappraisalKind::kOldEvidence:
      case ReappraisalKind::kSilent:
      case ReappraisalKind::kOvertaken:
        ++report_.waiting;
        break;
      case ReappraisalKind::kError:
        ++report_.failed;
        break;
    }
    if (differing_.size() == limits::kBatchItemsMax) {
      commit();
    }
  }

  void commit() {
    if (differing_.empty()) {
      return;
    }
    const std::size_t count = differing_.size();
    if (const auto done = parts_.commit(std::exchange(differing_, {}))) {
      report_.moved += done->changed;
    } else {
      report_.unwritten += count;
    }
  }

  const TimeSweepParts& parts_;
  const std::shared_ptr<const PolicySet> policies_;
  FleetReappraisal fleet_;
  ExtendMemo extends_{limits::kExtendMemoEntries};
  std::vector<ReappraisedHost> differing_;  // not yet committed
  TimeSweepReport report_;
};

}  // namespace

TimeSweepReport sweep(const TimeSweepParts& parts, const std::function<bool()>& is_over) {
  const std::shared_ptr<const PolicySet> policies = parts.policies.current();
  Result<LogClasses> logs =
      LogClasses::of(logs_of(parts.hosts, {},
                             [&](const HostGlance& host) {
                               return is_concerned(host.state, host.record(), host.facts,
                                                   host.snapshot, *policies);
                             }),
                     parts.history);
  if (!logs) {
    // They only save work: without them each log is looked at for itself.
    logs = LogClasses();
  }
  return Sweep(parts, policies, *std::move(logs)).run(is_over);
}

}  // namespace quotemill
