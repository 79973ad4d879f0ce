// What HostTable holds, and how it changes.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <memory_resource>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/base/prefetch.h"
#include "engine/pipeline/host_causes.h"
#include "engine/pipeline/host_index.h"
#include "engine/pipeline/slabs.h"

namespace quotemill {

inline bool holds_name(const KeptHost& host) {
  return host.may_attest();
}

inline bool holds_key(const KeptHost& host) {
  return host.may_attest() || host.life_cycle() == LifeCycle::kPending;
}

inline HostState fresh_state(const HostRecord& record) {
  HostState state;
  state.host = record.uid;
  state.generation = record.generation;
  return state;
}

// What packed hosts have in common.
struct Pools {
  Slabs memory;  // of packed hosts and of the table
  PackedRecord::Pool records;
  PackedState::Pool states;
};

inline std::shared_ptr<const PackedHost> packed_host(PackedHost host, Pools& pools) {
  return std::allocate_shared<const PackedHost>(
      std::pmr::polymorphic_allocator<PackedHost>(&pools.memory), std::move(host));
}

// Null if it does not fit.
inline std::shared_ptr<const PackedHost> packed_host(const HostRecord& record,
                                                     const HostState& state, Pools& pools) {
  std::optional<PackedRecord> packed_record =
      PackedRecord::pack(record, pools.records, pools.memory);
  std::optional<PackedState> packed_state = PackedState::pack(state, pools.states);
  if (!packed_record || !packed_state) {
    return nullptr;
  }
  return packed_host({record.uid, *std::move(packed_record), *std::move(packed_state)}, pools);
}

// REQUIRES: the mutex, exclusively for whatever changes
class HostTable::Rooms {
 public:
  explicit Rooms(std::size_t states) : states_kept(states) {}

  // Its state stays, or is a fresh one.
  void put(std::shared_ptr<const HostRecord> record) {
    sort_names();
    KeptHost* host = by_uid.find(record->uid);
    if (host == nullptr) {
      host = &hosts.take_place();
      host->state = std::make_shared<const HostState>(fresh_state(*record));
      host->revision = ++revisions;
      host->record = std::move(record);
      by_uid.replace(*host);
    } else {
      forget_indexes(*host);
      host->state = host->host().state;
      host->record = std::move(record);
    }
    keep(*host);
    index(*host);
  }

  // Gives back the state that the host had, if it was kept as it is: whoever holds the lock frees
  // none.
  void put_state(std::shared_ptr<const HostState>& state) {
    KeptHost* const found = by_uid.find(state->host);
    if (found == nullptr) {
      return;
    }
    KeptHost& host = *found;
    const TrustState before = host.trust();
    causes.remove(host);
    host.record = host.packed ? host.host().record : host.record;
    host.state.swap(state);
    host.revision = ++revisions;
    keep(host);
    if (holds_name(host)) {
      --counts.at(static_cast<std::size_t>(before));
      ++counts.at(static_cast<std::size_t>(host.trust()));
      causes.add(host);
    }
  }

  // Found by its name once names are sorted: of a million hosts that is an eighth of the work.
  void put_packed(std::shared_ptr<const PackedHost> packed) {
    KeptHost* host = by_uid.find(packed->uid);
    const bool is_new = host == nullptr;
    if (is_new) {
      host = &hosts.take_place();
    } else {
      sort_names();
      forget_indexes(*host);
    }
    host->pack_as(std::move(packed));
    host->revision = ++revisions;
    if (is_new) {
      by_uid.replace(*host);
    }
    index_but_name(*host);
    if (holds_name(*host)) {
      unsorted.emplace_back(host);
      has_unsorted = true;
    }
  }

  // Their places in the indexes are fetched from memory before their turn.
  void put_packed(std::vector<std::shared_ptr<const PackedHost>>& packed) {
    for (std::size_t i = 0; i < packed.size(); ++i) {
      if (i + kAhead < packed.size()) {
        prefetch(*packed[i + kAhead]);
      }
      put_packed(std::move(packed[i]));
    }
  }

  // All that a look for them comes by, step by step: each is where the one before it points to.
  // `uid_of` tells an item's host.
  template <class Items, class UidOf>
  void prefetch_hosts(const Items& items, UidOf uid_of) const {
    for (const auto& item : items) {
      by_uid.prefetch(uid_of(item));
    }
    for (const auto& item : items) {
      prefetch_line(by_uid.first_look(uid_of(item)));
    }
    for (const auto& item : items) {
      if (const KeptHost* const host = by_uid.first_look(uid_of(item))) {
        prefetch_line(host->packed.get());
        prefetch_line(host->record.get());
        prefetch_line(host->state.get());
      }
    }
  }

  void prefetch(const PackedHost& host) const {
    by_uid.prefetch(host.uid);
    by_key.prefetch(as_text(host.record.curve_key()));
    by_ak.prefetch(host.record.ak_public());
    by_ek.prefetch(host.record.ek_sha256());
  }

  void remove(const HostUid& uid) {
    if (KeptHost* const host = by_uid.find(uid)) {
      sort_names();
      forget_indexes(*host);
      by_uid.erase(*host);
      hosts.give_back(*host);
    }
  }

  // Whether some have not been written for long; from now on it is `now`. Needs no lock: only the
  // commit thread, whose call this is, adds to those that are kept as they are.
  bool has_idle(BootTime now) {
    now_ = now;
    return !kept.empty() && now.ms - kept.front().written.ms >= kIdleMs;
  }

  void pack_idle() {
    for (std::size_t i = 0; i < kIdleStep && has_idle(now_); ++i) {
      pack_oldest();
    }
  }

  // Before names are looked for. REQUIRES: no lock is held
  void settle_names() {
    if (has_unsorted) {
      const std::unique_lock lock(mutex);
      sort_names();
    }
  }

  mutable std::shared_mutex mutex;
  Pools pools;  // before all that it has the memory of
  KeptHosts hosts{pools.memory};
  HostIndex<ByUid> by_uid{hosts, pools.memory};
  HostIndex<ByChannel> by_key{hosts, pools.memory};
  HostIndex<ByEk> by_ek{hosts, pools.memory};
  HostGroups<ByAk> by_ak{hosts, pools.memory};
  HostsByName by_name{&pools.memory};
  HostsByName expected{&pools.memory};
  std::map<HostUid, std::string> pending;
  std::array<std::size_t, 5> counts{};
  HostCauses causes;  // of those that are counted

 private:
  static constexpr std::size_t kAhead = 8;
  static constexpr std::int64_t kIdleMs = 300'000;  // hosts attest every minute or so, as a rule
  static constexpr std::size_t kIdleStep = 512;     // bound: under one lock

  // A host as it is, and when it became so.
  struct Kept {
    HostUid uid;
    std::uint64_t revision = 0;
    BootTime written;
  };

  // As it is, for now.
  void keep(KeptHost& host) {
    host.packed = nullptr;
    kept.push_back({host.record->uid, host.revision, now_});
    if (kept.size() > states_kept) {
      pack_oldest();
    }
  }

  // Unless it has another state by now.
  void pack_oldest() {
    const Kept written = kept.front();
    kept.pop_front();
    KeptHost* const oldest = by_uid.find(written.uid);
    if (oldest != nullptr && !oldest->packed && oldest->revision == written.revision) {
      pack(*oldest);
    }
  }

  void pack(KeptHost& host) {
    if (auto packed = packed_host(*host.record, *host.state, pools)) {
      host.pack_as(std::move(packed));
    }
  }

  void sort_names() {
    std::stable_sort(unsorted.begin(), unsorted.end(), ByName());
    for (const NamedHost& name : unsorted) {
      const auto at = by_name.insert(by_name.end(), name);
      if (at->host != name.host) {
        replace_in(by_name, *name.host);
      }
    }
    unsorted = std::vector<NamedHost>();  // with its memory, which `{}` would leave it
    has_unsorted = false;
  }

  void index(KeptHost& host) {
    index_but_name(host);
    if (holds_name(host)) {
      replace_in(by_name, host);
    }
  }

  void index_but_name(KeptHost& host) {
    if (holds_key(host)) {
      by_key.replace(host);
      if (!host.ak_public().empty()) {
        by_ak.add(host);
      }
    }
    if (holds_name(host)) {
      ++counts.at(static_cast<std::size_t>(host.trust()));
      causes.add(host);
    }
    if (host.life_cycle() == LifeCycle::kPending) {
      pending.emplace(host.uid(), host.name());
    }
    if (host.life_cycle() == LifeCycle::kExpected) {
      replace_in(expected, host);
    }
    index_ek(host);
  }

  void index_ek(KeptHost& host) {
    if (!host.has_ek_sha256()) {
      return;
    }
    if (host.life_cycle() == LifeCycle::kRetired) {
      by_ek.add_if_first(host);  // a living host of this EK comes first
    } else {
      by_ek.replace(host);
    }
  }

  void forget_indexes(KeptHost& host) {
    by_key.erase(host);
    by_ek.erase(host);
    by_ak.erase(host);
    erase_if_owned(by_name, host);
    erase_if_owned(expected, host);
    if (holds_name(host)) {
      --counts.at(static_cast<std::size_t>(host.trust()));
    }
    causes.remove(host);
    pending.erase(host.uid());
  }

  std::vector<NamedHost> unsorted;  // stored hosts that are not in by_name yet
  std::atomic<bool> has_unsorted = false;
  const std::size_t states_kept;
  // States that are kept as they are, the oldest first; some have been replaced since.
  std::deque<Kept> kept;
  BootTime now_;
  std::uint64_t revisions = 0;
};

}  // namespace quotemill
