#include "engine/pipeline/host_table.h"

#include <algorithm>
#include <mutex>
#include <tuple>
#include <utility>

namespace quotemill {
namespace {

bool holds_name(const HostRecord& record) {
  return record.may_attest();
}

bool holds_key(const HostRecord& record) {
  return record.may_attest() || record.life_cycle == LifeCycle::kPending;
}

// In the place of whichever host has its key.
template <class Index>
void replace_in(Index& index, const Host& host) {
  const auto found = index.find(&host);
  if (found != index.end()) {
    index.erase(found);
  }
  index.insert(&host);
}

template <class Index>
void erase_if_owned(Index& index, const Host& host) {
  const auto found = index.find(&host);
  if (found != index.end() && *found == &host) {
    index.erase(found);
  }
}

// The host that `found` is at.
template <class Index>
std::optional<Host> host_at(const Index& index, typename Index::const_iterator found) {
  return found == index.end() ? std::nullopt : std::optional(**found);
}

}  // namespace

std::optional<Host> HostTable::find(const HostUid& uid) const {
  const std::shared_lock lock(mutex_);
  const auto found = hosts_.find(uid);
  return found == hosts_.end() ? std::nullopt : std::optional(found->second);
}

std::optional<Host> HostTable::find_by_key(const CurveKey& key) const {
  const std::shared_lock lock(mutex_);
  return host_at(by_key_, by_key_.find(ByteView(key)));
}

std::optional<Host> HostTable::find_by_name(std::string_view name) const {
  const std::shared_lock lock(mutex_);
  return host_at(by_name_, by_name_.find(name));
}

std::optional<Host> HostTable::find_expected(std::string_view name) const {
  const std::shared_lock lock(mutex_);
  return host_at(expected_, expected_.find(name));
}

std::optional<Host> HostTable::find_by_ek(std::string_view ek_sha256) const {
  const std::shared_lock lock(mutex_);
  return host_at(by_ek_, by_ek_.find(ek_sha256));
}

std::optional<Host> HostTable::find_by_ak(ByteView ak_public) const {
  const std::shared_lock lock(mutex_);
  return ak_public.empty() ? std::nullopt : host_at(by_ak_, by_ak_.find(ak_public));
}

bool HostTable::admits(const CurveKey& key) const {
  const std::shared_lock lock(mutex_);
  const auto found = by_key_.find(ByteView(key));
  return found != by_key_.end() && (*found)->record->may_attest();
}

std::vector<Host> HostTable::list(std::string_view after, std::size_t limit) const {
  const std::shared_lock lock(mutex_);
  std::vector<Host> page;
  for (auto it = by_name_.upper_bound(after); it != by_name_.end() && page.size() < limit; ++it) {
    page.push_back(**it);
  }
  return page;
}

std::array<std::size_t, 5> HostTable::counts() const {
  const std::shared_lock lock(mutex_);
  return counts_;
}

std::vector<Host> HostTable::expected(std::string_view after, std::size_t limit) const {
  const std::shared_lock lock(mutex_);
  std::vector<Host> page;
  for (auto it = expected_.upper_bound(after); it != expected_.end() && page.size() < limit; ++it) {
    page.push_back(**it);
  }
  return page;
}

std::vector<Host> HostTable::pending() const {
  const std::shared_lock lock(mutex_);
  std::vector<Host> hosts;
  hosts.reserve(pending_.size());
  for (const auto& [uid, name] : pending_) {
    hosts.push_back(hosts_.at(uid));
  }
  return hosts;
}

std::vector<Host> HostTable::ended(std::size_t limit) const {
  std::vector<Host> hosts;
  {
    const std::shared_lock lock(mutex_);
    for (const auto& [uid, host] : hosts_) {
      if (host.record->life_cycle == LifeCycle::kRetired ||
          host.record->life_cycle == LifeCycle::kDenied) {
        hosts.push_back(host);
      }
    }
  }
  std::sort(hosts.begin(), hosts.end(), [](const Host& left, const Host& right) {
    return std::tie(left.record->name, left.record->uid) <
           std::tie(right.record->name, right.record->uid);
  });
  if (hosts.size() > limit) {
    hosts.resize(limit);
  }
  return hosts;
}

std::size_t HostTable::size() const {
  const std::shared_lock lock(mutex_);
  return hosts_.size();
}

std::size_t HostTable::pending_count() const {
  const std::shared_lock lock(mutex_);
  return pending_.size();
}

void HostTable::put(std::shared_ptr<const HostRecord> record) {
  const std::unique_lock lock(mutex_);
  Host& host = hosts_[record->uid];
  if (host.record) {
    forget_indexes(host);
  }
  if (!host.state) {
    auto state = std::make_shared<HostState>();
    state->host = record->uid;
    state->generation = record->generation;
    host.state = std::move(state);
  }
  host.record = std::move(record);
  index(host);
}

void HostTable::index(const Host& host) {
  const HostRecord& record = *host.record;
  if (holds_key(record)) {
    replace_in(by_key_, host);
    by_ak_.insert(&host);
  }
  if (holds_name(record)) {
    replace_in(by_name_, host);
    ++counts_.at(static_cast<std::size_t>(host.state->state));
  }
  if (record.life_cycle == LifeCycle::kPending) {
    pending_[record.uid] = record.name;
  }
  if (record.life_cycle == LifeCycle::kExpected) {
    replace_in(expected_, host);
  }
  index_ek(host);
}

void HostTable::index_ek(const Host& host) {
  if (host.record->ek_sha256.empty()) {
    return;
  }
  if (host.record->life_cycle == LifeCycle::kRetired) {
    by_ek_.insert(&host);  // a living host of this EK comes first
  } else {
    replace_in(by_ek_, host);
  }
}

void HostTable::put_state(std::shared_ptr<const HostState> state) {
  const std::unique_lock lock(mutex_);
  const auto found = hosts_.find(state->host);
  if (found == hosts_.end()) {
    return;
  }
  Host& host = found->second;
  if (holds_name(*host.record)) {
    --counts_.at(static_cast<std::size_t>(host.state->state));
    ++counts_.at(static_cast<std::size_t>(state->state));
  }
  host.state = std::move(state);
}

void HostTable::remove(const HostUid& uid) {
  const std::unique_lock lock(mutex_);
  const auto found = hosts_.find(uid);
  if (found != hosts_.end()) {
    forget_indexes(found->second);
    hosts_.erase(found);
  }
}

void HostTable::forget_indexes(const Host& host) {
  const HostRecord& record = *host.record;
  erase_if_owned(by_key_, host);
  erase_if_owned(by_name_, host);
  erase_if_owned(by_ek_, host);
  erase_if_owned(expected_, host);
  const auto [first, last] = by_ak_.equal_range(&host);
  for (auto it = first; it != last; ++it) {
    if (*it == &host) {
      by_ak_.erase(it);
      break;
    }
  }
  if (holds_name(record)) {
    --counts_.at(static_cast<std::size_t>(host.state->state));
  }
  pending_.erase(record.uid);
}

}  // namespace quotemill
