#include "engine/policy/policy_set.h"

#include <algorithm>
#include <string>

#include "engine/base/byte_writer.h"
#include "engine/base/limits.h"
#include "engine/crypto/hash.h"
#include "engine/policy/strictness.h"

namespace quotemill {
namespace {

bool comes_before(const Policy& left, const Policy& right) {
  return left.priority != right.priority ? left.priority > right.priority : left.id < right.id;
}

std::string joined(const std::vector<std::string>& names) {
  std::string out;
  for (const std::string& name : names) {
    out += (out.empty() ? "" : ", ") + name;
  }
  return out;
}

// What is wrong with a policy that selects by facts, given those behind it.
std::string mistakes_of(const Policy& by_facts, std::span<const Policy> behind) {
  std::string mistakes;
  bool stands_for_one = false;
  for (const Policy& other : behind) {
    if (other.selector.asks_for_facts()) {
      continue;
    }
    stands_for_one = true;
    const std::vector<std::string> laxer = laxer_settings(by_facts, other);
    if (!laxer.empty()) {
      mistakes += "policy '" + by_facts.id +
                  "' selects by what hosts say of themselves and is laxer than '" + other.id +
                  "' in " + joined(laxer) +
                  ": a host could choose it; make it as strict, or select by labels\n";
    }
  }
  if (!stands_for_one) {
    mistakes += "policy '" + by_facts.id +
                "' selects by what hosts say of themselves, and none behind it selects by names "
                "and labels alone: it would never apply\n";
  }
  return mistakes;
}

// REQUIRES: sorted by comes_before()
std::string mistakes_of(const std::vector<Policy>& policies) {
  std::string mistakes;
  if (policies.size() > limits::kPoliciesMax) {
    mistakes += "there are " + std::to_string(policies.size()) + " policies; at most " +
                std::to_string(limits::kPoliciesMax) + " are possible\n";
  }
  for (std::size_t i = 0; i < policies.size(); ++i) {
    const auto same_id = [&](const Policy& other) { return other.id == policies[i].id; };
    const auto next = policies.begin() + static_cast<std::ptrdiff_t>(i) + 1;
    if (std::any_of(next, policies.end(), same_id)) {
      mistakes += "policy '" + policies[i].id + "' is there twice\n";
    }
    if (policies[i].selector.asks_for_facts()) {
      mistakes += mistakes_of(policies[i], std::span(policies).subspan(i + 1));
    }
  }
  if (!mistakes.empty()) {
    mistakes.pop_back();
  }
  return mistakes;
}

}  // namespace

Result<std::shared_ptr<const PolicySet>> PolicySet::compile(
    std::vector<Policy> policies, const std::vector<std::shared_ptr<const Baseline>>& baselines,
    const Rollouts& rollouts) {
  std::sort(policies.begin(), policies.end(), comes_before);
  if (std::string mistakes = mistakes_of(policies); !mistakes.empty()) {
    return Error{ErrorCode::kConfig, "policies", 0, std::move(mistakes)};
  }
  std::shared_ptr<PolicySet> set(new PolicySet());
  ByteWriter out;
  for (const Policy& policy : policies) {
    std::shared_ptr<const Snapshot> snapshot = Snapshot::compile(policy, baselines);
    out.bytes(snapshot->id());
    set->snapshots_.push_back(std::move(snapshot));
  }
  for (const auto& rollout : rollouts) {
    set->add(rollout, baselines);
  }
  for (const Transition& transition : set->transitions_) {
    for (std::size_t i = 0; i < transition.both.size(); ++i) {
      out.bytes(transition.both[i]->id()).bytes(transition.only_new[i]->id());
    }
    out.u64_be(transition.rollout->number).u32_be(transition.rollout->waves_open);
    out.u8(static_cast<std::uint8_t>(transition.rollout->phase));
  }
  const Digest id = hash(HashAlgorithm::kSha256, out.view());
  std::copy(id.view().begin(), id.view().end(), set->id_.begin());
  set->none_ = Snapshot::of_nobody();
  return std::shared_ptr<const PolicySet>(std::move(set));
}

const std::shared_ptr<const Snapshot>& PolicySet::snapshot_for(const HostTraits& host) const {
  std::optional<std::size_t> by_facts;
  for (std::size_t i = 0; i < snapshots_.size(); ++i) {
    const HostSelector& selector = snapshots_[i]->policy().selector;
    if (selector.asks_for_facts()) {
      if (!by_facts && selector.matches(host)) {
        by_facts = i;
      }
    } else if (selector.matches_identity(host)) {
      return in_rollout(by_facts.value_or(i), host);
    }
  }
  return none_;
}

// A host is in one live rollout at most: overlapping ones are refused when they start.
const std::shared_ptr<const Snapshot>& PolicySet::in_rollout(std::size_t policy,
                                                             const HostTraits& host) const {
  if (host.uid != nullptr) {
    for (const Transition& transition : transitions_) {
      switch (accepts(*transition.rollout, *host.uid)) {
        case RolloutAccepts::kNothing:
          break;
        case RolloutAccepts::kBoth:
          return transition.both[policy];
        case RolloutAccepts::kNew:
          return transition.only_new[policy];
      }
    }
  }
  return snapshots_[policy];
}

// Without its new set (retired meanwhile) there is nothing to go to: its hosts stay as they are.
void PolicySet::add(const std::shared_ptr<const Rollout>& rollout,
                    const std::vector<std::shared_ptr<const Baseline>>& baselines) {
  const auto to = std::find_if(baselines.begin(), baselines.end(), [&](const auto& baseline) {
    return baseline->name == rollout->to.name && baseline->version == rollout->to.version &&
           !baseline->is_retired();
  });
  if (!rollout->is_live() || to == baselines.end()) {
    return;
  }
  Transition transition;
  transition.rollout = rollout;
  for (const auto& snapshot : snapshots_) {
    RolloutSets sets{rollout->name, rollout->from.name, *to, true};
    transition.both.push_back(Snapshot::compile_for(snapshot, sets, baselines));
    sets.has_old = false;
    transition.only_new.push_back(Snapshot::compile_for(snapshot, sets, baselines));
  }
  transitions_.push_back(std::move(transition));
}

std::shared_ptr<const Snapshot> PolicySet::find(std::string_view id) const {
  const auto found = std::find_if(snapshots_.begin(), snapshots_.end(), [id](const auto& snapshot) {
    return snapshot->policy().id == id;
  });
  return found == snapshots_.end() ? nullptr : *found;
}

}  // namespace quotemill
