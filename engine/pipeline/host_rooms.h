// What HostTable holds, and how it changes.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "engine/pipeline/host_index.h"

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
  PackedRecord::Pool records;
  PackedState::Pool states;
};

// Null if it does not fit.
inline std::shared_ptr<const PackedHost> packed_host(const HostRecord& record,
                                                     const HostState& state, Pools& pools) {
  std::optional<PackedRecord> packed_record = PackedRecord::pack(record, pools.records);
  std::optional<PackedState> packed_state = PackedState::pack(state, pools.states);
  if (!packed_record || !packed_state) {
    return nullptr;
  }
  return std::make_shared<const PackedHost>(
      PackedHost{record.uid, *std::move(packed_record), *std::move(packed_state)});
}

// A host to be sorted by name, with so much of the name at hand that most others are told apart.
struct SortableName {
  explicit SortableName(const KeptHost* of) : host(of) {
    const std::string_view name = of->name();
    name.copy(begins.data(), begins.size());
  }

  bool operator<(const SortableName& other) const {
    return begins != other.begins ? std::string_view(begins.data(), begins.size()) <
                                        std::string_view(other.begins.data(), other.begins.size())
                                  : host->name() < other.host->name();
  }

  std::array<char, 16> begins{};
  const KeptHost* host;
};

// REQUIRES: the mutex, exclusively for whatever changes
class HostTable::Rooms {
 public:
  explicit Rooms(std::size_t states) : states_kept(states) {}

  // Its state stays, or is a fresh one.
  void put(std::shared_ptr<const HostRecord> record) {
    sort_names();
    const auto [at, is_new] = hosts.try_emplace(record->uid);
    KeptHost& host = at->second;
    if (is_new) {
      host.state = std::make_shared<const HostState>(fresh_state(*record));
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

  // Found by its name once names are sorted: of a million hosts that is an eighth of the work.
  void put_packed(std::shared_ptr<const PackedHost> packed) {
    const auto [at, is_new] = hosts.try_emplace(packed->uid);
    KeptHost& host = at->second;
    if (!is_new) {
      sort_names();
      forget_indexes(host);
    }
    host = {std::move(packed), nullptr, nullptr, ++revisions};
    index_but_name(host);
    if (holds_name(host)) {
      unsorted.push_back(&host);
      has_unsorted = true;
    }
  }

  void remove(const HostUid& uid) {
    const auto found = hosts.find(uid);
    if (found != hosts.end()) {
      sort_names();
      forget_indexes(found->second);
      hosts.erase(found);
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

  void sort_names() {
    std::vector<SortableName> names(unsorted.begin(), unsorted.end());
    std::stable_sort(names.begin(), names.end());
    for (const SortableName& name : names) {
      const auto at = by_name.insert(by_name.end(), name.host);
      if (*at != name.host) {
        replace_in(by_name, *name.host);
      }
    }
    unsorted = {};
    has_unsorted = false;
  }

  void index(const KeptHost& host) {
    index_but_name(host);
    if (holds_name(host)) {
      replace_in(by_name, host);
    }
  }

  void index_but_name(const KeptHost& host) {
    if (holds_key(host)) {
      replace_in(by_key, host);
      by_ak.insert(&host);
    }
    if (holds_name(host)) {
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

  std::vector<const KeptHost*> unsorted;  // stored hosts that are not in by_name yet
  std::atomic<bool> has_unsorted = false;
  const std::size_t states_kept;
  // States that are kept as they are, the oldest first; some have been replaced since.
  std::deque<std::pair<HostUid, std::uint64_t>> kept;
  std::uint64_t revisions = 0;
};

}  // namespace quotemill
