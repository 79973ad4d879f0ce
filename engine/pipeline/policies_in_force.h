// PoliciesInForce: the policies by which hosts are judged now, and how they change.
//
// One policy comes from the configuration; others are applied by operators, are in the store, and
// stand in for it if they have its id. What is applied is checked as a whole beforehand: a change
// that cannot be compiled changes nothing.
//
// Threads: readers of any thread get an immutable set. Changes are made by the commit thread, when
// they are durable.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/baseline/validity.h"
#include "engine/policy/policy_set.h"
#include "engine/ports/records.h"

namespace quotemill {

// What an operator wants of the policies.
struct PolicyRequest {
  std::vector<std::string> apply;     // texts of policies
  std::vector<std::string> withdraw;  // ids
  bool may_go_back = false;           // to a lower version, or to the same one with other content
  std::string by;                     // the operator, for the record
};

// The same, checked and compiled.
struct PolicyChange {
  std::vector<std::shared_ptr<const PolicyRecord>> records;  // none: all of it is in force already
  std::vector<Policy> policies;                              // all that are applied then
  std::shared_ptr<const PolicySet> set;
};

class PoliciesInForce {
 public:
  // `records` in the order of their numbers. kConfig if they do not compile: by a program that
  // knows other rules, or beside another policy of the configuration.
  static Result<std::unique_ptr<PoliciesInForce>> create(
      Policy configured, std::vector<std::shared_ptr<const PolicyRecord>> records,
      std::vector<std::shared_ptr<const Baseline>> baselines, Rollouts rollouts = {});

  [[nodiscard]] std::shared_ptr<const PolicySet> current() const;
  [[nodiscard]] std::vector<std::shared_ptr<const Baseline>> baselines() const;
  // All that ever was applied or withdrawn, the oldest first.
  [[nodiscard]] std::vector<std::shared_ptr<const PolicyRecord>> records() const;

  // All that ever was started, the oldest first.
  [[nodiscard]] Rollouts rollouts() const;

  // What the request comes to. kConfig with every mistake; kConflict if it goes back to a lower
  // version; kNotFound for a policy to withdraw that is not applied. Changes nothing.
  [[nodiscard]] Result<PolicyChange> plan(const PolicyRequest& request, WallTime now) const;

  // By which policies hosts would be judged if there were this baseline, too, or in the place of
  // the one of its name and version. Changes nothing.
  [[nodiscard]] std::shared_ptr<const PolicySet> with(
      const std::shared_ptr<const Baseline>& baseline) const;
  // The same for several, and rollouts: in the place of those of their numbers.
  [[nodiscard]] std::shared_ptr<const PolicySet> with(
      const std::vector<std::shared_ptr<const Baseline>>& baselines,
      const Rollouts& rollouts) const;

  // --- Commit thread

  // What time it is: from now on values count whose validity has begun, and none that has ended.
  // Until it is called once, only values without a validity count. Whether other policies, or the
  // same with other values, are in force by it; clocks may go back. Costs nothing between.
  bool observe(WallTime now);

  // --- Any thread

  // How often time may have changed what counts: whoever judges stored evidence again by it waits
  // for another number.
  [[nodiscard]] std::uint64_t turns() const;

  // --- Commit thread

  // All verdicts from now on are made under policies that know all of them, each in the place of
  // the one of its name and version, or number, if there is one.
  void add(const std::vector<std::shared_ptr<const Baseline>>& baselines, const Rollouts& rollouts);

  void add(const std::shared_ptr<const Baseline>& baseline) { add({baseline}, {}); }

  // REQUIRES: planned since the last change
  void adopt(const PolicyChange& change);

 private:
  PoliciesInForce(Policy configured, std::vector<std::shared_ptr<const Baseline>> baselines,
                  Rollouts rollouts)
      : configured_(std::move(configured)),
        baselines_(std::move(baselines)),
        rollouts_(std::move(rollouts)) {}

  // The configured policy, unless an applied one has its id, and the applied ones.
  [[nodiscard]] std::vector<Policy> with_configured(std::vector<Policy> applied) const;
  // Of all baselines anew, at the moment that was observed last. Under the mutex.
  void compile();

  mutable std::mutex mutex_;
  const Policy configured_;
  std::vector<std::shared_ptr<const Baseline>> baselines_;
  std::optional<WallTime> moment_;  // that was observed last
  ValidBaselines valid_;            // of them, at that moment
  std::uint64_t turns_ = 0;
  Rollouts rollouts_;
  std::vector<std::shared_ptr<const PolicyRecord>> records_;
  std::vector<Policy> applied_;
  std::shared_ptr<const PolicySet> current_;
};

}  // namespace quotemill
