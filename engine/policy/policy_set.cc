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
    std::vector<Policy> policies, const std::vector<std::shared_ptr<const Baseline>>& baselines) {
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
  const Digest id = hash(HashAlgorithm::kSha256, out.view());
  std::copy(id.view().begin(), id.view().end(), set->id_.begin());
  set->none_ = Snapshot::of_nobody();
  return std::shared_ptr<const PolicySet>(std::move(set));
}

const std::shared_ptr<const Snapshot>& PolicySet::snapshot_for(const HostTraits& host) const {
  const std::shared_ptr<const Snapshot>* by_facts = nullptr;
  for (const auto& snapshot : snapshots_) {
    const HostSelector& selector = snapshot->policy().selector;
    if (selector.asks_for_facts()) {
      if (by_facts == nullptr && selector.matches(host)) {
        by_facts = &snapshot;
      }
    } else if (selector.matches_identity(host)) {
      return by_facts != nullptr ? *by_facts : snapshot;
    }
  }
  return none_;
}

std::shared_ptr<const Snapshot> PolicySet::find(std::string_view id) const {
  const auto found = std::find_if(snapshots_.begin(), snapshots_.end(), [id](const auto& snapshot) {
    return snapshot->policy().id == id;
  });
  return found == snapshots_.end() ? nullptr : *found;
}

}  // namespace quotemill
