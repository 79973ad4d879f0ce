// PolicySet: all policies in force, compiled, and which of them is for a host. Immutable.
//
// Of those that match, the one with the highest priority applies; of the same priority, that whose
// id comes first. A host that none matches is judged by nobody: unknown, never trusted.
//
// What a host claims (its facts) can only make its verdict worse: a policy that selects by facts
// applies in the place of one that operators gave the host by name and labels, never alone, and
// must be at least as strict as each of those that it can stand for. compile() refuses a set where
// it is not: else a host could choose its policy.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "engine/base/result.h"
#include "engine/policy/selector.h"
#include "engine/policy/snapshot.h"
#include "engine/rollout/rollout.h"

namespace quotemill {

class PolicySet {
 public:
  // kConfig with every mistake, one a line: an id given twice, too many policies
  // (limits::kPoliciesMax), a policy by facts that is laxer than one behind it or has none.
  static Result<std::shared_ptr<const PolicySet>> compile(
      std::vector<Policy> policies, const std::vector<std::shared_ptr<const Baseline>>& baselines,
      const Rollouts& rollouts = {});

  // The snapshot that applies to the host, owned by the set; Snapshot::is_of_nobody() if there is
  // none. Within a live rollout the one of its cohort; outside, rollouts cost a look into each
  // cohort, and nothing if none is live.
  [[nodiscard]] const std::shared_ptr<const Snapshot>& snapshot_for(const HostTraits& host) const;

  // In the order in which they are tried; those of rollouts' cohorts are not among them.
  [[nodiscard]] const std::vector<std::shared_ptr<const Snapshot>>& snapshots() const {
    return snapshots_;
  }

  // The policy called `id`; null if there is none.
  [[nodiscard]] std::shared_ptr<const Snapshot> find(std::string_view id) const;

  // Of all policies and the baselines that they use.
  [[nodiscard]] const SnapshotId& id() const { return id_; }

 private:
  // A live rollout, and the snapshots of its hosts, each in the place of that of its policy.
  struct Transition {
    std::shared_ptr<const Rollout> rollout;
    std::vector<std::shared_ptr<const Snapshot>> both;
    std::vector<std::shared_ptr<const Snapshot>> only_new;
  };

  PolicySet() = default;

  void add(const std::shared_ptr<const Rollout>& rollout,
           const std::vector<std::shared_ptr<const Baseline>>& baselines);
  [[nodiscard]] const std::shared_ptr<const Snapshot>& in_rollout(std::size_t policy,
                                                                  const HostTraits& host) const;

  SnapshotId id_{};
  std::vector<std::shared_ptr<const Snapshot>> snapshots_;
  std::vector<Transition> transitions_;
  std::shared_ptr<const Snapshot> none_;
};

}  // namespace quotemill
