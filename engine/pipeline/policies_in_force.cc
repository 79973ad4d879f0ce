#include "engine/pipeline/policies_in_force.h"

#include <algorithm>
#include <cassert>
#include <tuple>
#include <utility>

#include "engine/base/text.h"

namespace quotemill {
namespace {

auto by_id(std::string_view id) {
  return [id](const Policy& policy) { return policy.id == id; };
}

void replace(std::vector<Policy>& policies, Policy policy) {
  std::erase_if(policies, by_id(policy.id));
  policies.push_back(std::move(policy));
}

// The order of baselines, which snapshots of images are made in: whatever came last, and whoever
// read them from a store, the same ones make the same snapshot.
bool comes_before(const std::shared_ptr<const Baseline>& left,
                  const std::shared_ptr<const Baseline>& right) {
  return std::tie(left->name, left->version) < std::tie(right->name, right->version);
}

// REQUIRES: sorted by comes_before()
void put(std::vector<std::shared_ptr<const Baseline>>& baselines,
         std::shared_ptr<const Baseline> baseline) {
  const auto place = std::lower_bound(baselines.begin(), baselines.end(), baseline, comes_before);
  if (place != baselines.end() && !comes_before(baseline, *place)) {
    *place = std::move(baseline);
  } else {
    baselines.insert(place, std::move(baseline));
  }
}

void put(Rollouts& rollouts, std::shared_ptr<const Rollout> rollout) {
  const auto same = std::find_if(rollouts.begin(), rollouts.end(), [&](const auto& other) {
    return other->number == rollout->number;
  });
  if (same != rollouts.end()) {
    *same = std::move(rollout);
  } else {
    rollouts.push_back(std::move(rollout));
  }
}

Result<std::vector<Policy>> applied_by(
    const std::vector<std::shared_ptr<const PolicyRecord>>& records) {
  std::vector<Policy> applied;
  for (const auto& record : records) {
    std::erase_if(applied, by_id(record->id));
    if (record->is_withdrawal()) {
      continue;
    }
    Result<Policy> policy = parse_policy(record->text, "stored policy " + record->id);
    if (!policy) {
      return policy.error();
    }
    applied.push_back(*std::move(policy));
  }
  return applied;
}

// Makes the change of a request, one policy after another.
class Planning {
 public:
  Planning(const PolicyRequest& request, WallTime now, std::uint64_t last_number)
      : request_(request), now_(now), last_number_(last_number) {}

  Result<void> withdraw(const std::string& id, std::vector<Policy>& applied) {
    if (std::none_of(applied.begin(), applied.end(), by_id(id))) {
      return Error{ErrorCode::kNotFound, "policy", 0, "no policy '" + escaped(id) + "' is applied"};
    }
    std::erase_if(applied, by_id(id));
    record(id, 0, {});
    return {};
  }

  // `in_force`: of the same id; null if there is none.
  Result<void> apply(const std::string& text, Policy policy, const Policy* in_force,
                     std::vector<Policy>& applied) {
    const bool is_the_same = in_force != nullptr && in_force->content == policy.content;
    if (is_the_same) {
      return {};
    }
    if (in_force != nullptr && policy.version <= in_force->version && !request_.may_go_back) {
      return Error{ErrorCode::kConflict, "policy", 0,
                   "'" + policy.id + "' is in force in version " +
                       std::to_string(in_force->version) +
                       ": give the new one a higher number than " + std::to_string(policy.version)};
    }
    record(policy.id, policy.version, text);
    replace(applied, std::move(policy));
    return {};
  }

  std::vector<std::shared_ptr<const PolicyRecord>> take() { return std::move(records_); }

 private:
  void record(const std::string& id, std::int64_t version, const std::string& text) {
    records_.push_back(std::make_shared<const PolicyRecord>(
        PolicyRecord{++last_number_, id, version, text, now_, request_.by}));
  }

  const PolicyRequest& request_;
  const WallTime now_;
  std::uint64_t last_number_;
  std::vector<std::shared_ptr<const PolicyRecord>> records_;
};

// All texts of the request, or all of their mistakes.
Result<std::vector<Policy>> parsed(const PolicyRequest& request) {
  std::vector<Policy> policies;
  std::string mistakes;
  for (std::size_t i = 0; i < request.apply.size(); ++i) {
    const std::string name =
        request.apply.size() == 1 ? "policy" : "policy " + std::to_string(i + 1);
    Result<Policy> policy = parse_policy(request.apply[i], name);
    std::string mistake;
    if (!policy) {
      mistake = policy.error().detail;
    } else if (std::any_of(policies.begin(), policies.end(), by_id(policy->id))) {
      mistake = name + ": '" + policy->id + "' is given twice";
    } else {
      policies.push_back(*std::move(policy));
      continue;
    }
    mistakes += (mistakes.empty() ? "" : "\n") + mistake;
  }
  if (!mistakes.empty()) {
    return Error{ErrorCode::kConfig, "policies", 0, std::move(mistakes)};
  }
  return policies;
}

}  // namespace

Result<std::unique_ptr<PoliciesInForce>> PoliciesInForce::create(
    Policy configured, std::vector<std::shared_ptr<const PolicyRecord>> records,
    std::vector<std::shared_ptr<const Baseline>> baselines, Rollouts rollouts) {
  Result<std::vector<Policy>> applied = applied_by(records);
  if (!applied) {
    return applied.error();
  }
  std::sort(baselines.begin(), baselines.end(), comes_before);
  std::unique_ptr<PoliciesInForce> policies(
      new PoliciesInForce(std::move(configured), std::move(baselines), std::move(rollouts)));
  policies->valid_ = valid_at(policies->baselines_, std::nullopt);
  Result<std::shared_ptr<const PolicySet>> set = PolicySet::compile(
      policies->with_configured(*applied), policies->valid_.baselines, policies->rollouts_);
  if (!set) {
    return set.error();
  }
  policies->records_ = std::move(records);
  policies->applied_ = *std::move(applied);
  policies->current_ = *std::move(set);
  return policies;
}

std::vector<Policy> PoliciesInForce::with_configured(std::vector<Policy> applied) const {
  if (std::none_of(applied.begin(), applied.end(), by_id(configured_.id))) {
    applied.push_back(configured_);
  }
  return applied;
}

std::shared_ptr<const PolicySet> PoliciesInForce::current() const {
  const std::lock_guard lock(mutex_);
  return current_;
}

std::vector<std::shared_ptr<const Baseline>> PoliciesInForce::baselines() const {
  const std::lock_guard lock(mutex_);
  return baselines_;
}

Rollouts PoliciesInForce::rollouts() const {
  const std::lock_guard lock(mutex_);
  return rollouts_;
}

std::vector<std::shared_ptr<const PolicyRecord>> PoliciesInForce::records() const {
  const std::lock_guard lock(mutex_);
  return records_;
}

Result<PolicyChange> PoliciesInForce::plan(const PolicyRequest& request, WallTime now) const {
  Result<std::vector<Policy>> wanted = parsed(request);
  if (!wanted) {
    return wanted.error();
  }
  const std::lock_guard lock(mutex_);
  PolicyChange change;
  change.policies = applied_;
  Planning planning(request, now, records_.empty() ? 0 : records_.back()->number);
  for (const std::string& id : request.withdraw) {
    if (Result<void> done = planning.withdraw(id, change.policies); !done) {
      return done.error();
    }
  }
  for (std::size_t i = 0; i < wanted->size(); ++i) {
    const std::shared_ptr<const Snapshot> in_force = current_->find((*wanted)[i].id);
    if (Result<void> done =
            planning.apply(request.apply[i], std::move((*wanted)[i]),
                           in_force ? &in_force->policy() : nullptr, change.policies);
        !done) {
      return done.error();
    }
  }
  change.records = planning.take();
  Result<std::shared_ptr<const PolicySet>> set =
      PolicySet::compile(with_configured(change.policies), valid_.baselines, rollouts_);
  if (!set) {
    return set.error();
  }
  change.set = *std::move(set);
  return change;
}

std::shared_ptr<const PolicySet> PoliciesInForce::with(
    const std::shared_ptr<const Baseline>& baseline) const {
  return with({baseline}, {});
}

std::shared_ptr<const PolicySet> PoliciesInForce::with(
    const std::vector<std::shared_ptr<const Baseline>>& baselines, const Rollouts& rollouts) const {
  const std::lock_guard lock(mutex_);
  std::vector<std::shared_ptr<const Baseline>> all = baselines_;
  for (const auto& baseline : baselines) {
    put(all, baseline);
  }
  Rollouts all_rollouts = rollouts_;
  for (const auto& rollout : rollouts) {
    put(all_rollouts, rollout);
  }
  Result<std::shared_ptr<const PolicySet>> set =
      PolicySet::compile(with_configured(applied_), valid_at(all, moment_).baselines, all_rollouts);
  assert(set);  // as in add()
  return *std::move(set);
}

void PoliciesInForce::add(const std::vector<std::shared_ptr<const Baseline>>& baselines,
                          const Rollouts& rollouts) {
  const std::lock_guard lock(mutex_);
  for (const auto& baseline : baselines) {
    put(baselines_, baseline);
  }
  for (const auto& rollout : rollouts) {
    put(rollouts_, rollout);
  }
  compile();
}

void PoliciesInForce::compile() {
  valid_ = valid_at(baselines_, moment_);
  Result<std::shared_ptr<const PolicySet>> set =
      PolicySet::compile(with_configured(applied_), valid_.baselines, rollouts_);
  assert(set);  // the policies compiled before, and neither baselines nor rollouts make them wrong
  current_ = *std::move(set);
}

bool PoliciesInForce::observe(WallTime now) {
  const std::lock_guard lock(mutex_);
  if (moment_ && valid_.window.has(now)) {
    moment_ = now;
    return false;
  }
  moment_ = now;
  const SnapshotId before = current_->id();
  compile();
  const bool is_changed = current_->id() != before;
  // At start-up hosts may have been judged before a validity began or ended: unless nothing has
  // one.
  if (is_changed || valid_.window.is_bounded()) {
    ++turns_;
  }
  return is_changed;
}

std::uint64_t PoliciesInForce::turns() const {
  const std::lock_guard lock(mutex_);
  return turns_;
}

void PoliciesInForce::adopt(const PolicyChange& change) {
  const std::lock_guard lock(mutex_);
  records_.insert(records_.end(), change.records.begin(), change.records.end());
  applied_ = change.policies;
  current_ = change.set;
}

}  // namespace quotemill
