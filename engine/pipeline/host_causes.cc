#include "engine/pipeline/host_causes.h"

#include <algorithm>
#include <utility>

namespace quotemill {
namespace {

const Findings& findings_of(const KeptHost& host) {
  return host.packed ? host.packed->state.shared_verdict()->findings : host.state->verdict.findings;
}

// What makes the state what it is (decide() sorts them); null if there is nothing.
const Finding* worst_of(const KeptHost& host) {
  const Findings& findings = findings_of(host);
  return findings.empty() || findings.front().severity == Severity::kInfo ? nullptr
                                                                          : &findings.front();
}

}  // namespace

std::size_t HostCauses::Hash::operator()(const Key& key) const {
  const auto& [state, code, about] = key;
  const std::size_t number = static_cast<std::size_t>(state) * 0x1'0000U +
                             (code ? static_cast<std::size_t>(*code) + 1 : 0);
  return std::hash<std::string>{}(about) ^ number * 0x9E37'79B9'7F4A'7C15U;
}

HostCauses::Key HostCauses::key_of(const KeptHost& host) {
  const Finding* const finding = worst_of(host);
  if (finding == nullptr) {
    return {host.trust(), std::nullopt, {}};
  }
  return {host.trust(), finding->code,
          finding->digest ? std::string(as_text(finding->digest->view())) : finding->subject};
}

// A fleet in which every host has its own cause must not fill the memory.
std::uint32_t HostCauses::group_of(Key key) {
  auto found = by_key_.find(key);
  if (found == by_key_.end() && by_key_.size() >= kGroupsMax) {
    std::get<std::string>(key) = "others";
    found = by_key_.find(key);
  }
  if (found != by_key_.end()) {
    return found->second;
  }
  if (free_.empty()) {
    free_.push_back(static_cast<std::uint32_t>(groups_.size()));
    groups_.emplace_back();
  }
  const std::uint32_t group = free_.back();
  free_.pop_back();
  groups_[group].key = key;
  by_key_.emplace(std::move(key), group);
  return group;
}

void HostCauses::add(KeptHost& host) {
  if (host.trust() == TrustState::kTrusted) {
    return;
  }
  host.cause = group_of(key_of(host));
  std::vector<KeptHost*>& hosts = groups_[host.cause].hosts;
  host.place_in_cause = static_cast<std::uint32_t>(hosts.size());
  hosts.push_back(&host);
}

void HostCauses::remove(KeptHost& host) {
  if (host.cause == KeptHost::kNoCause) {
    return;
  }
  const std::uint32_t at = std::exchange(host.cause, KeptHost::kNoCause);
  Group& group = groups_[at];
  KeptHost* const last = group.hosts.back();
  group.hosts[host.place_in_cause] = last;
  last->place_in_cause = host.place_in_cause;
  group.hosts.pop_back();
  if (group.hosts.empty()) {
    by_key_.erase(group.key);
    group = {};
    free_.push_back(at);
  }
}

std::vector<HostCause> HostCauses::largest(std::size_t limit) const {
  std::vector<const Group*> groups;
  for (const auto& [key, at] : by_key_) {
    groups.push_back(&groups_[at]);
  }
  const std::size_t told = std::min(limit, groups.size());
  const auto comes_before = [](const Group* left, const Group* right) {
    return left->hosts.size() != right->hosts.size() ? left->hosts.size() > right->hosts.size()
                                                     : left->key < right->key;
  };
  std::partial_sort(groups.begin(), groups.begin() + static_cast<std::ptrdiff_t>(told),
                    groups.end(), comes_before);
  groups.resize(told);
  std::vector<HostCause> out;
  for (const Group* group : groups) {
    const Finding* const finding = worst_of(*group->hosts.front());
    HostCause& cause = out.emplace_back();
    cause.state = std::get<TrustState>(group->key);
    cause.finding = finding == nullptr ? std::nullopt : std::optional(*finding);
    cause.hosts = group->hosts.size();
    for (std::size_t i = 0; i < std::min(kNamesTold, group->hosts.size()); ++i) {
      cause.names.emplace_back(group->hosts[i]->name());
    }
    std::sort(cause.names.begin(), cause.names.end());
  }
  return out;
}

}  // namespace quotemill
