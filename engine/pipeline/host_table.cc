#include "engine/pipeline/host_table.h"

#include <algorithm>
#include <deque>
#include <map>
#include <mutex>
#include <shared_mutex>
#include <unordered_map>
#include <utility>

#include "engine/pipeline/host_index.h"

namespace quotemill {
namespace {

constexpr std::size_t kGlances = 1'024;  // hosts that are shown under one lock

bool holds_name(const KeptHost& host) {
  return host.may_attest();
}

bool holds_key(const KeptHost& host) {
  return host.may_attest() || host.life_cycle() == LifeCycle::kPending;
}

// States are unpacked when no lock is held any more.
std::optional<Host> opened(const std::optional<KeptHost>& kept) {
  return kept ? std::optional(kept->host()) : std::nullopt;
}

std::vector<Host> opened(const std::vector<KeptHost>& kept) {
  std::vector<Host> hosts;
  hosts.reserve(kept.size());
  for (const KeptHost& host : kept) {
    hosts.push_back(host.host());
  }
  return hosts;
}

std::vector<KeptHost> page_of(const HostsByName& names, std::string_view after, std::size_t limit) {
  std::vector<KeptHost> page;
  for (auto it = names.upper_bound(after); it != names.end() && page.size() < limit; ++it) {
    page.push_back(**it);
  }
  return page;
}

std::shared_ptr<const HostState> fresh_state(const HostRecord& record) {
  auto state = std::make_shared<HostState>();
  state->host = record.uid;
  state->generation = record.generation;
  return state;
}

// What packed hosts have in common.
struct Pools {
  PackedRecord::Pool records;
  PackedState::Pool states;
};

// Null if it does not fit.
std::shared_ptr<const PackedHost> packed_host(const HostRecord& record, const HostState& state,
                                              Pools& pools) {
  std::optional<PackedRecord> packed_record = PackedRecord::pack(record, pools.records);
  std::optional<PackedState> packed_state = PackedState::pack(state, pools.states);
  if (!packed_record || !packed_state) {
    return nullptr;
  }
  return std::make_shared<const PackedHost>(
      PackedHost{record.uid, *std::move(packed_record), *std::move(packed_state)});
}

}  // namespace

// REQUIRES: the mutex, exclusively for whatever changes
class HostTable::Rooms {
 public:
  explicit Rooms(std::size_t states) : states_kept(states) {}

  // Its state stays, or is a fresh one.
  void put(std::shared_ptr<const HostRecord> record) {
    const auto [at, is_new] = hosts.try_emplace(record->uid);
    KeptHost& host = at->second;
    if (is_new) {
      host.state = fresh_state(*record);
      host.revision = ++revisions;
    } else {
      forget_indexes(host);
      host.state = host.host().state;
    }
    host.record = std::move(record);
    keep(host);
    index(host);
  }

  void put_state(std::shared_ptr<const HostState> state) {
    const auto found = hosts.find(state->host);
    if (found == hosts.end()) {
      return;
    }
    KeptHost& host = found->second;
    const TrustState before = host.trust();
    host.record = host.packed ? host.host().record : host.record;
    host.state = std::move(state);
    host.revision = ++revisions;
    keep(host);
    if (holds_name(host)) {
      --counts.at(static_cast<std::size_t>(before));
      ++counts.at(static_cast<std::size_t>(host.trust()));
    }
  }

  void put_packed(std::shared_ptr<const PackedHost> packed) {
    const auto [at, is_new] = hosts.try_emplace(packed->uid);
    KeptHost& host = at->second;
    if (!is_new) {
      forget_indexes(host);
    }
    host = {std::move(packed), nullptr, nullptr, ++revisions};
    index(host);
  }

  void remove(const HostUid& uid) {
    const auto found = hosts.find(uid);
    if (found != hosts.end()) {
      forget_indexes(found->second);
      hosts.erase(found);
    }
  }

  mutable std::shared_mutex mutex;
  std::unordered_map<HostUid, KeptHost> hosts;
  HostIndex<ByChannel> by_key;
  HostIndex<ByEk> by_ek;
  HostMultiIndex<ByAk> by_ak;
  HostsByName by_name;
  HostsByName expected;
  std::map<HostUid, std::string> pending;
  std::array<std::size_t, 5> counts{};
  Pools pools;

 private:
  // As it is, for now.
  void keep(KeptHost& host) {
    host.packed = nullptr;
    kept.emplace_back(host.record->uid, host.revision);
    if (kept.size() <= states_kept) {
      return;
    }
    const auto [uid, revision] = kept.front();
    kept.pop_front();
    const auto oldest = hosts.find(uid);
    // Unless it has another state by now.
    if (oldest != hosts.end() && !oldest->second.packed && oldest->second.revision == revision) {
      pack(oldest->second);
    }
  }

  void pack(KeptHost& host) {
    if (auto packed = packed_host(*host.record, *host.state, pools)) {
      host = {std::move(packed), nullptr, nullptr, host.revision};
    }
  }

  void index(const KeptHost& host) {
    if (holds_key(host)) {
      replace_in(by_key, host);
      by_ak.insert(&host);
    }
    if (holds_name(host)) {
      replace_in(by_name, host);
      ++counts.at(static_cast<std::size_t>(host.trust()));
    }
    if (host.life_cycle() == LifeCycle::kPending) {
      pending.emplace(host.uid(), host.name());
    }
    if (host.life_cycle() == LifeCycle::kExpected) {
      replace_in(expected, host);
    }
    index_ek(host);
  }

  void index_ek(const KeptHost& host) {
    if (host.ek_sha256().empty()) {
      return;
    }
    if (host.life_cycle() == LifeCycle::kRetired) {
      by_ek.insert(&host);  // a living host of this EK comes first
    } else {
      replace_in(by_ek, host);
    }
  }

  void forget_indexes(const KeptHost& host) {
    erase_if_owned(by_key, host);
    erase_if_owned(by_name, host);
    erase_if_owned(by_ek, host);
    erase_if_owned(expected, host);
    erase_if_owned(by_ak, host);
    if (holds_name(host)) {
      --counts.at(static_cast<std::size_t>(host.trust()));
    }
    pending.erase(host.uid());
  }

  const std::size_t states_kept;
  // States that are kept as they are, the oldest first; some have been replaced since.
  std::deque<std::pair<HostUid, std::uint64_t>> kept;
  std::uint64_t revisions = 0;
};

HostTable::HostTable(std::size_t states_kept) : rooms_(std::make_unique<Rooms>(states_kept)) {}

HostTable::~HostTable() = default;

std::optional<Host> HostTable::find(const HostUid& uid) const {
  std::optional<KeptHost> kept;
  {
    const std::shared_lock lock(rooms_->mutex);
    const auto found = rooms_->hosts.find(uid);
    kept = found == rooms_->hosts.end() ? std::nullopt : std::optional(found->second);
  }
  return opened(kept);
}

template <class Index, class Key>
std::optional<Host> HostTable::find_in(const Index& index, const Key& key) const {
  std::optional<KeptHost> kept;
  {
    const std::shared_lock lock(rooms_->mutex);
    const auto found = index.find(key);
    kept = found == index.end() ? std::nullopt : std::optional(**found);
  }
  return opened(kept);
}

std::optional<Host> HostTable::find_by_key(const CurveKey& key) const {
  return find_in(rooms_->by_key, as_text(key));
}

std::optional<Host> HostTable::find_by_name(std::string_view name) const {
  return find_in(rooms_->by_name, name);
}

std::optional<Host> HostTable::find_expected(std::string_view name) const {
  return find_in(rooms_->expected, name);
}

std::optional<Host> HostTable::find_by_ek(std::string_view ek_sha256) const {
  return find_in(rooms_->by_ek, ek_sha256);
}

std::optional<Host> HostTable::find_by_ak(ByteView ak_public) const {
  return ak_public.empty() ? std::nullopt : find_in(rooms_->by_ak, as_text(ak_public));
}

bool HostTable::admits(const CurveKey& key) const {
  const std::shared_lock lock(rooms_->mutex);
  const auto found = rooms_->by_key.find(as_text(key));
  return found != rooms_->by_key.end() && (*found)->may_attest();
}

std::vector<Host> HostTable::list(std::string_view after, std::size_t limit) const {
  std::vector<KeptHost> page;
  {
    const std::shared_lock lock(rooms_->mutex);
    page = page_of(rooms_->by_name, after, limit);
  }
  return opened(page);
}

void HostTable::glance(std::string after,
                       const std::function<bool(const HostGlance&)>& visit) const {
  for (bool goes_on = true; goes_on;) {
    const std::shared_lock lock(rooms_->mutex);
    const HostsByName& names = rooms_->by_name;
    auto it = names.upper_bound(after);
    for (std::size_t i = 0; goes_on && i < kGlances && it != names.end(); ++i, ++it) {
      goes_on = (*it)->show(visit);
      after = (*it)->name();
    }
    goes_on = goes_on && it != names.end();
  }
}

std::array<std::size_t, 5> HostTable::counts() const {
  const std::shared_lock lock(rooms_->mutex);
  return rooms_->counts;
}

std::vector<Host> HostTable::expected(std::string_view after, std::size_t limit) const {
  std::vector<KeptHost> page;
  {
    const std::shared_lock lock(rooms_->mutex);
    page = page_of(rooms_->expected, after, limit);
  }
  return opened(page);
}

std::vector<Host> HostTable::pending() const {
  std::vector<KeptHost> kept;
  {
    const std::shared_lock lock(rooms_->mutex);
    kept.reserve(rooms_->pending.size());
    for (const auto& [uid, name] : rooms_->pending) {
      kept.push_back(rooms_->hosts.at(uid));
    }
  }
  return opened(kept);
}

std::vector<Host> HostTable::ended(std::size_t limit) const {
  std::vector<KeptHost> kept;
  {
    const std::shared_lock lock(rooms_->mutex);
    for (const auto& [uid, host] : rooms_->hosts) {
      if (host.life_cycle() == LifeCycle::kRetired || host.life_cycle() == LifeCycle::kDenied) {
        kept.push_back(host);
      }
    }
  }
  std::sort(kept.begin(), kept.end(), [](const KeptHost& left, const KeptHost& right) {
    return std::pair(left.name(), left.uid()) < std::pair(right.name(), right.uid());
  });
  kept.resize(std::min(kept.size(), limit));
  return opened(kept);
}

std::size_t HostTable::size() const {
  const std::shared_lock lock(rooms_->mutex);
  return rooms_->hosts.size();
}

std::size_t HostTable::pending_count() const {
  const std::shared_lock lock(rooms_->mutex);
  return rooms_->pending.size();
}

void HostTable::put(std::shared_ptr<const HostRecord> record) {
  const std::unique_lock lock(rooms_->mutex);
  rooms_->put(std::move(record));
}

void HostTable::put_state(std::shared_ptr<const HostState> state) {
  const std::unique_lock lock(rooms_->mutex);
  rooms_->put_state(std::move(state));
}

void HostTable::put_stored(std::vector<StoredHost> hosts) {
  std::vector<std::shared_ptr<const PackedHost>> packed;
  packed.reserve(hosts.size());
  for (const StoredHost& host : hosts) {
    packed.push_back(host.state ? packed_host(*host.record, *host.state, rooms_->pools) : nullptr);
  }
  const std::unique_lock lock(rooms_->mutex);
  for (std::size_t i = 0; i < hosts.size(); ++i) {
    if (packed[i]) {
      rooms_->put_packed(std::move(packed[i]));
      continue;
    }
    rooms_->put(std::move(hosts[i].record));
    if (hosts[i].state) {
      rooms_->put_state(std::make_shared<const HostState>(*std::move(hosts[i].state)));
    }
  }
}

void HostTable::remove(const HostUid& uid) {
  const std::unique_lock lock(rooms_->mutex);
  rooms_->remove(uid);
}

}  // namespace quotemill
