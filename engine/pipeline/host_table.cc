#include "engine/pipeline/host_table.h"

#include <algorithm>
#include <mutex>
#include <shared_mutex>
#include <utility>

#include "engine/pipeline/host_rooms.h"

namespace quotemill {
namespace {

constexpr std::size_t kGlances = 1'024;    // hosts that are shown under one lock
constexpr std::size_t kStatesAtOnce = 64;  // states that are put under one lock

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

template <class Index, class Key>
const KeptHost* host_in(const Index& index, const Key& key) {
  return index.find(key);
}

const KeptHost* host_in(const HostsByName& names, std::string_view name) {
  const auto found = names.find(SoughtName(name));
  return found == names.end() ? nullptr : found->host;
}

std::vector<KeptHost> page_of(const HostsByName& names, std::string_view after, std::size_t limit) {
  std::vector<KeptHost> page;
  for (auto it = names.upper_bound(SoughtName(after)); it != names.end() && page.size() < limit;
       ++it) {
    page.push_back(*it->host);
  }
  return page;
}

}  // namespace

HostTable::HostTable(std::size_t states_kept) : rooms_(std::make_unique<Rooms>(states_kept)) {}

HostTable::~HostTable() = default;

std::optional<Host> HostTable::find(const HostUid& uid) const {
  return find_in(rooms_->by_uid, uid);
}

std::vector<std::optional<Host>> HostTable::find_all(std::span<const HostUid> uids) const {
  std::vector<std::optional<KeptHost>> kept(uids.size());
  {
    const std::shared_lock lock(rooms_->mutex);
    rooms_->prefetch_hosts(uids, [](const HostUid& uid) { return uid; });
    std::transform(uids.begin(), uids.end(), kept.begin(), [this](const HostUid& uid) {
      const KeptHost* const found = rooms_->by_uid.find(uid);
      return found == nullptr ? std::nullopt : std::optional(*found);
    });
  }
  std::vector<std::optional<Host>> hosts(uids.size());
  std::transform(kept.begin(), kept.end(), hosts.begin(),
                 [](const std::optional<KeptHost>& host) { return opened(host); });
  return hosts;
}

template <class Index, class Key>
std::optional<Host> HostTable::find_in(const Index& index, const Key& key) const {
  std::optional<KeptHost> kept;
  {
    const std::shared_lock lock(rooms_->mutex);
    const KeptHost* const found = host_in(index, key);
    kept = found == nullptr ? std::nullopt : std::optional(*found);
  }
  return opened(kept);
}

std::optional<Host> HostTable::find_by_key(const CurveKey& key) const {
  return find_in(rooms_->by_key, as_text(key));
}

std::optional<Host> HostTable::find_by_name(std::string_view name) const {
  rooms_->settle_names();
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
  const KeptHost* const found = host_in(rooms_->by_key, as_text(key));
  return found != nullptr && found->may_attest();
}

std::vector<KeptHost> HostTable::kept(std::string_view after, std::size_t limit) const {
  rooms_->settle_names();
  const std::shared_lock lock(rooms_->mutex);
  return page_of(rooms_->by_name, after, limit);
}

std::vector<Host> HostTable::list(std::string_view after, std::size_t limit) const {
  return opened(kept(after, limit));
}

void HostTable::glance(std::string after,
                       const std::function<bool(const HostGlance&)>& visit) const {
  rooms_->settle_names();
  for (bool goes_on = true; goes_on;) {
    const std::shared_lock lock(rooms_->mutex);
    const HostsByName& names = rooms_->by_name;
    auto it = names.upper_bound(SoughtName(after));
    for (std::size_t i = 0; goes_on && i < kGlances && it != names.end(); ++i, ++it) {
      goes_on = it->host->show(visit);
      after = it->name();
    }
    goes_on = goes_on && it != names.end();
  }
}

void HostTable::glance_at_all(const std::function<void(const HostGlance&)>& visit) const {
  const std::function<bool(const HostGlance&)> show = [&visit](const HostGlance& host) {
    visit(host);
    return true;
  };
  for (std::size_t from = 0, places = 1; from < places; from += kGlances) {
    const std::shared_lock lock(rooms_->mutex);
    places = rooms_->hosts.places();
    rooms_->hosts.visit(from, from + kGlances, [&](const KeptHost& host) {
      if (holds_name(host)) {
        host.show(show);
      }
    });
  }
}

std::array<std::size_t, 5> HostTable::counts() const {
  const std::shared_lock lock(rooms_->mutex);
  return rooms_->counts;
}

std::vector<HostCause> HostTable::causes(std::size_t limit) const {
  const std::shared_lock lock(rooms_->mutex);
  return rooms_->causes.largest(limit);
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
      kept.push_back(*rooms_->by_uid.find(uid));
    }
  }
  return opened(kept);
}

std::vector<Host> HostTable::ended(std::size_t limit) const {
  std::vector<KeptHost> kept;
  {
    const std::shared_lock lock(rooms_->mutex);
    rooms_->hosts.visit(0, rooms_->hosts.places(), [&](const KeptHost& host) {
      if (host.life_cycle() == LifeCycle::kRetired || host.life_cycle() == LifeCycle::kDenied) {
        kept.push_back(host);
      }
    });
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

void HostTable::pack_idle(BootTime now) {
  if (rooms_->has_idle(now)) {
    const std::unique_lock lock(rooms_->mutex);
    rooms_->pack_idle();
  }
}

void HostTable::put_state(std::shared_ptr<const HostState> state) {
  const std::unique_lock lock(rooms_->mutex);
  rooms_->put_state(state);
}

void HostTable::put_states(std::vector<std::shared_ptr<const HostState>> states) {
  for (std::span all(states); !all.empty();) {
    const auto some = all.first(std::min(kStatesAtOnce, all.size()));
    all = all.subspan(some.size());
    const std::unique_lock lock(rooms_->mutex);
    rooms_->prefetch_hosts(some, [](const auto& state) { return state->host; });
    for (std::shared_ptr<const HostState>& state : some) {
      rooms_->put_state(state);
    }
  }
}

void HostTable::put_stored(std::vector<StoredHost> hosts) {
  std::vector<std::shared_ptr<const PackedHost>> packed;
  packed.reserve(hosts.size());
  for (StoredHost& host : hosts) {
    if (!host.state) {
      host.state = fresh_state(*host.record);
    }
    packed.push_back(packed_host(*host.record, *host.state, rooms_->pools));
  }
  const std::unique_lock lock(rooms_->mutex);
  for (std::size_t i = 0; i < hosts.size(); ++i) {
    if (packed[i]) {
      rooms_->put_packed(std::move(packed[i]));
    } else {
      rooms_->put(std::move(hosts[i].record));
      auto state = std::make_shared<const HostState>(*std::move(hosts[i].state));
      rooms_->put_state(state);
    }
  }
}

void HostTable::settle_names() {
  rooms_->settle_names();
}

void HostTable::remove(const HostUid& uid) {
  const std::unique_lock lock(rooms_->mutex);
  rooms_->remove(uid);
}

}  // namespace quotemill
