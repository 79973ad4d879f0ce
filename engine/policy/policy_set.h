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

namespace quotemill {

class PolicySet {
 public:
  // kConfig with every mistake, one a line: an id given twice, too many policies
  // (limits::kPoliciesMax), a policy by facts that is laxer than one behind it or has none.
  static Result<std::shared_ptr<const PolicySet>> compile(
      std::vector<Policy> policies, const std::vector<std::shared_ptr<const Baseline>>& baselines);

  // The snapshot that applies to the host, owned by the set; Snapshot::is_of_nobody() if there is
  // none.
  [[nodiscard]] const std::shared_ptr<const Snapshot>& snapshot_for(const HostTraits& host) const;

  // In the order in which they are tried.
  [[nodiscard]] const std::vector<std::shared_ptr<const Snapshot>>& snapshots() const {
    return snapshots_;
  }

  // The policy called `id`; null if there is none.
  [[nodiscard]] std::shared_ptr<const Snapshot> find(std::string_view id) const;

  // Of all policies and the baselines that they use.
  [[nodiscard]] const SnapshotId& id() const { return id_; }

 private:
  PolicySet() = default;

  SnapshotId id_{};
  std::vector<std::shared_ptr<const Snapshot>> snapshots_;
  std::shared_ptr<const Snapshot> none_;
};

}  // namespace quotemill
