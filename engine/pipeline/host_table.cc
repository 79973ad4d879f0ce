#include "engine/pipeline/host_table.h"

#include <algorithm>
#include <cstring>
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

std::size_t hash_of(ByteView ak_public) {
  return std::hash<std::string_view>{}(as_text(ak_public));
}

template <class Index, class Key>
void erase_if_owned(Index& index, const Key& key, const HostUid& owner) {
  const auto found = index.find(key);
  if (found != index.end() && found->second == owner) {
    index.erase(found);
  }
}

}  // namespace

std::size_t HostTable::KeyHash::operator()(const CurveKey& key) const noexcept {
  // A peer chooses its own key, but must hold the private half: finding collisions gains it nothing
  // beyond its own slot.
  std::size_t value = 0;
  std::memcpy(&value, key.data(), sizeof value);
  return value;
}

std::optional<Host> HostTable::find(const HostUid& uid) const {
  const std::shared_lock lock(mutex_);
  const auto found = hosts_.find(uid);
  return found == hosts_.end() ? std::nullopt : std::optional(found->second);
}

std::optional<Host> HostTable::find_by_key(const CurveKey& key) const {
  const std::shared_lock lock(mutex_);
  const auto found = by_key_.find(key);
  return found == by_key_.end() ? std::nullopt : std::optional(hosts_.at(found->second));
}

std::optional<Host> HostTable::find_by_name(std::string_view name) const {
  const std::shared_lock lock(mutex_);
  const auto found = by_name_.find(name);
  return found == by_name_.end() ? std::nullopt : std::optional(hosts_.at(found->second));
}

std::optional<Host> HostTable::find_expected(std::string_view name) const {
  const std::shared_lock lock(mutex_);
  const auto found = expected_.find(name);
  return found == expected_.end() ? std::nullopt : std::optional(hosts_.at(found->second));
}

std::optional<Host> HostTable::find_by_ek(std::string_view ek_sha256) const {
  const std::shared_lock lock(mutex_);
  const auto found = by_ek_.find(std::string(ek_sha256));
  return found == by_ek_.end() ? std::nullopt : std::optional(hosts_.at(found->second));
}

std::optional<Host> HostTable::find_by_ak(ByteView ak_public) const {
  const std::shared_lock lock(mutex_);
  const auto [first, last] = by_ak_hash_.equal_range(hash_of(ak_public));
  for (auto it = first; it != last; ++it) {
    const Host& host = hosts_.at(it->second);
    if (!ak_public.empty() && equal(host.record->ak_public, ak_public)) {
      return host;
    }
  }
  return std::nullopt;
}

bool HostTable::admits(const CurveKey& key) const {
  const std::shared_lock lock(mutex_);
  const auto found = by_key_.find(key);
  return found != by_key_.end() && hosts_.at(found->second).record->may_attest();
}

std::vector<Host> HostTable::list(std::string_view after, std::size_t limit) const {
  const std::shared_lock lock(mutex_);
  std::vector<Host> page;
  for (auto it = by_name_.upper_bound(after); it != by_name_.end() && page.size() < limit; ++it) {
    page.push_back(hosts_.at(it->second));
  }
  return page;
}

std::vector<Host> HostTable::expected(std::string_view after, std::size_t limit) const {
  const std::shared_lock lock(mutex_);
  std::vector<Host> page;
  for (auto it = expected_.upper_bound(after); it != expected_.end() && page.size() < limit; ++it) {
    page.push_back(hosts_.at(it->second));
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
    forget_indexes(*host.record);
  }
  if (!host.state) {
    auto state = std::make_shared<HostState>();
    state->host = record->uid;
    state->generation = record->generation;
    host.state = std::move(state);
  }
  index(*record);
  host.record = std::move(record);
}

void HostTable::index(const HostRecord& record) {
  if (holds_key(record)) {
    by_key_[record.curve_key] = record.uid;
    by_ak_hash_.emplace(hash_of(record.ak_public), record.uid);
  }
  if (holds_name(record)) {
    by_name_[record.name] = record.uid;
  }
  if (record.life_cycle == LifeCycle::kPending) {
    pending_[record.uid] = record.name;
  }
  if (record.life_cycle == LifeCycle::kExpected) {
    expected_[record.name] = record.uid;
  }
  index_ek(record);
}

void HostTable::index_ek(const HostRecord& record) {
  if (record.ek_sha256.empty()) {
    return;
  }
  if (record.life_cycle == LifeCycle::kRetired) {
    by_ek_.try_emplace(record.ek_sha256, record.uid);  // a living host of this EK comes first
  } else {
    by_ek_[record.ek_sha256] = record.uid;
  }
}

void HostTable::put_state(std::shared_ptr<const HostState> state) {
  const std::unique_lock lock(mutex_);
  const auto found = hosts_.find(state->host);
  if (found != hosts_.end()) {
    found->second.state = std::move(state);
  }
}

void HostTable::remove(const HostUid& uid) {
  const std::unique_lock lock(mutex_);
  const auto found = hosts_.find(uid);
  if (found != hosts_.end()) {
    forget_indexes(*found->second.record);
    hosts_.erase(found);
  }
}

void HostTable::forget_indexes(const HostRecord& record) {
  erase_if_owned(by_key_, record.curve_key, record.uid);
  erase_if_owned(by_name_, record.name, record.uid);
  erase_if_owned(by_ek_, record.ek_sha256, record.uid);
  erase_if_owned(expected_, record.name, record.uid);
  const auto [first, last] = by_ak_hash_.equal_range(hash_of(record.ak_public));
  for (auto it = first; it != last; ++it) {
    if (it->second == record.uid) {
      by_ak_hash_.erase(it);
      break;
    }
  }
  pending_.erase(record.uid);
}

}  // namespace quotemill
