#include "engine/pipeline/host_table.h"

#include <algorithm>
#include <deque>
#include <map>
#include <mutex>
#include <shared_mutex>
#include <tuple>
#include <unordered_map>
#include <utility>

#include "engine/pipeline/host_index.h"

namespace quotemill {
namespace {

constexpr std::size_t kGlances = 1'024;  // hosts that are shown under one lock

bool holds_name(const HostRecord& record) {
  return record.may_attest();
}

bool holds_key(const HostRecord& record) {
  return record.may_attest() || record.life_cycle == LifeCycle::kPending;
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

}  // namespace

// REQUIRES: the mutex, exclusively for whatever changes
class HostTable::Rooms {
 public:
  explicit Rooms(std::size_t states) : states_kept(states) {}

  // `packed`: its state; null: that which it has, or a fresh one.
  void put(std::shared_ptr<const HostRecord> record, std::shared_ptr<const PackedState> packed) {
    KeptHost& host = hosts[record->uid];
    const bool is_new = host.record == nullptr;
    if (!is_new) {
      forget_indexes(host);
    }
    if (packed) {
      host.packed = std::move(packed);
      host.state = nullptr;
      host.revision = ++revisions;
    } else if (is_new) {
      keep(host, fresh_state(*record));
    }
    host.record = std::move(record);
    index(host);
  }

  void put_state(std::shared_ptr<const HostState> state) {
    const auto found = hosts.find(state->host);
    if (found == hosts.end()) {
      return;
    }
    KeptHost& host = found->second;
    const TrustState before = host.trust();
    keep(host, std::move(state));
    count(host, before);
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
  PackedState::Pool pool;

 private:
  void keep(KeptHost& host, std::shared_ptr<const HostState> state) {
    kept.emplace_back(state->host, ++revisions);
    host.state = std::move(state);
    host.packed = nullptr;
    host.revision = revisions;
    if (kept.size() > states_kept) {
      const auto [uid, revision] = kept.front();
      kept.pop_front();
      pack(uid, revision);
    }
  }

  // Unless it has another state by now.
  void pack(const HostUid& uid, std::uint64_t revision) {
    const auto found = hosts.find(uid);
    if (found != hosts.end() && found->second.revision == revision) {
      KeptHost& host = found->second;
      host.packed = PackedState::pack(*host.state, pool);
      host.state = host.packed ? nullptr : host.state;
    }
  }

  void count(const KeptHost& host, TrustState before) {
    if (holds_name(*host.record)) {
      --counts.at(static_cast<std::size_t>(before));
      ++counts.at(static_cast<std::size_t>(host.trust()));
    }
  }

  void index(const KeptHost& host) {
    const HostRecord& record = *host.record;
    if (holds_key(record)) {
      replace_in(by_key, host);
      by_ak.insert(&host);
    }
    if (holds_name(record)) {
      replace_in(by_name, host);
      ++counts.at(static_cast<std::size_t>(host.trust()));
    }
    if (record.life_cycle == LifeCycle::kPending) {
      pending[record.uid] = record.name;
    }
    if (record.life_cycle == LifeCycle::kExpected) {
      replace_in(expected, host);
    }
    index_ek(host);
  }

  void index_ek(const KeptHost& host) {
    if (host.record->ek_sha256.empty()) {
      return;
    }
    if (host.record->life_cycle == LifeCycle::kRetired) {
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
    if (holds_name(*host.record)) {
      --counts.at(static_cast<std::size_t>(host.trust()));
    }
    pending.erase(host.record->uid);
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
  return found != rooms_->by_key.end() && (*found)->record->may_attest();
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
      goes_on = visit((*it)->glance());
      after = (*it)->record->name;
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
      if (host.record->life_cycle == LifeCycle::kRetired ||
          host.record->life_cycle == LifeCycle::kDenied) {
        kept.push_back(host);
      }
    }
  }
  std::sort(kept.begin(), kept.end(), [](const KeptHost& left, const KeptHost& right) {
    return std::tie(left.record->name, left.record->uid) <
           std::tie(right.record->name, right.record->uid);
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
  rooms_->put(std::move(record), nullptr);
}

void HostTable::put_state(std::shared_ptr<const HostState> state) {
  const std::unique_lock lock(rooms_->mutex);
  rooms_->put_state(std::move(state));
}

void HostTable::put_stored(std::vector<StoredHost> hosts) {
  std::vector<std::shared_ptr<const PackedState>> packed;
  packed.reserve(hosts.size());
  for (const StoredHost& host : hosts) {
    packed.push_back(host.state ? PackedState::pack(*host.state, rooms_->pool) : nullptr);
  }
  const std::unique_lock lock(rooms_->mutex);
  for (std::size_t i = 0; i < hosts.size(); ++i) {
    rooms_->put(std::move(hosts[i].record), packed[i]);
    if (hosts[i].state && !packed[i]) {
      rooms_->put_state(std::make_shared<const HostState>(*std::move(hosts[i].state)));
    }
  }
}

void HostTable::remove(const HostUid& uid) {
  const std::unique_lock lock(rooms_->mutex);
  rooms_->remove(uid);
}

}  // namespace quotemill
