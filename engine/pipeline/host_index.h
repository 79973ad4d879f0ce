// How HostTable finds its hosts: what it keeps of one, and indexes over those.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <set>
#include <string_view>
#include <unordered_set>
#include <utility>

#include "engine/pipeline/host_table.h"
#include "engine/pipeline/packed_record.h"
#include "engine/pipeline/packed_state.h"

namespace quotemill {

struct PackedHost {
  HostUid uid;
  PackedRecord record;
  PackedState state;
};

// A host as the table keeps it: packed, or as it is. A copy of it is a snapshot that can be looked
// at without any lock.
struct KeptHost {
  std::shared_ptr<const PackedHost> packed;  // null: it is not
  std::shared_ptr<const HostRecord> record;  // null if it is packed
  std::shared_ptr<const HostState> state;    // null if it is packed
  std::uint64_t revision = 0;                // Host::revision

  [[nodiscard]] HostUid uid() const { return packed ? packed->uid : record->uid; }

  [[nodiscard]] TrustState trust() const { return packed ? packed->state.state() : state->state; }

  [[nodiscard]] LifeCycle life_cycle() const {
    return packed ? packed->record.life_cycle() : record->life_cycle;
  }

  [[nodiscard]] bool may_attest() const {
    return life_cycle() == LifeCycle::kActive || life_cycle() == LifeCycle::kMaintenance;
  }

  [[nodiscard]] std::string_view name() const {
    return packed ? packed->record.name() : record->name;
  }

  [[nodiscard]] std::string_view ek_sha256() const {
    return packed ? packed->record.ek_sha256() : record->ek_sha256;
  }

  [[nodiscard]] std::string_view ak_public() const {
    return packed ? packed->record.ak_public() : as_text(record->ak_public);
  }

  [[nodiscard]] std::string_view curve_key() const {
    return as_text(packed ? packed->record.curve_key() : record->curve_key);
  }

  [[nodiscard]] Host host() const {
    if (!packed) {
      return {record, state, revision};
    }
    return {std::make_shared<const HostRecord>(packed->record.unpack(packed->uid)),
            std::make_shared<const HostState>(packed->state.unpack(packed->uid)), revision};
  }

  // Borrows the host.
  [[nodiscard]] HostTraits traits() const {
    return packed ? HostTraits{name(), packed->record.labels(), view_of(packed->state.facts()),
                               &packed->uid}
                  : traits_of(*record, view_of(state->facts));
  }

  bool show(const std::function<bool(const HostGlance&)>& visit) const {
    std::optional<HostRecord> unpacked;
    const std::function<const HostRecord&()> its_record = [&]() -> const HostRecord& {
      if (packed && !unpacked) {
        unpacked = packed->record.unpack(packed->uid);
      }
      return packed ? *unpacked : *record;
    };
    if (packed) {
      const PackedState& of = packed->state;
      return visit({packed->uid, name(), packed->record.labels(), life_cycle(), of.state(),
                    of.valid_until(), of.snapshot(), of.received(), of.facts(), of.proven_log(),
                    its_record});
    }
    return visit({record->uid, name(), record->labels, life_cycle(), state->state,
                  state->verdict.valid_until, state->verdict.snapshot,
                  state->counters ? std::optional(state->counters->received) : std::nullopt,
                  state->facts, state->proof ? std::optional(state->proof->log) : std::nullopt,
                  its_record});
  }
};

// Indexes hold pointers to hosts, which stay where they are, and find them by what their records
// say: a key is in memory once, however large it is. What a record says must not change while it is
// in them. (Hashes are not noexcept, so that sets keep them.)
template <class Key>
struct HashOf {
  using is_transparent = void;

  std::size_t operator()(const KeptHost* host) const { return Key::hash(Key::of(*host)); }

  std::size_t operator()(typename Key::Type key) const { return Key::hash(key); }
};

template <class Key>
struct EqualBy {
  using is_transparent = void;

  bool operator()(const KeptHost* left, const KeptHost* right) const {
    return Key::of(*left) == Key::of(*right);
  }

  bool operator()(typename Key::Type left, const KeptHost* right) const {
    return left == Key::of(*right);
  }

  bool operator()(const KeptHost* left, typename Key::Type right) const {
    return Key::of(*left) == right;
  }
};

// A peer chooses its own channel key, but must hold the private half: finding collisions gains it
// nothing beyond its own slot.
struct ByChannel {
  using Type = std::string_view;

  static Type of(const KeptHost& host) { return host.curve_key(); }

  static std::size_t hash(Type key) { return std::hash<Type>{}(key); }
};

struct ByAk {
  using Type = std::string_view;

  static Type of(const KeptHost& host) { return host.ak_public(); }

  static std::size_t hash(Type key) { return std::hash<Type>{}(key); }
};

struct ByEk {
  using Type = std::string_view;

  static Type of(const KeptHost& host) { return host.ek_sha256(); }

  static std::size_t hash(Type key) { return std::hash<Type>{}(key); }
};

struct ByName {
  using is_transparent = void;

  static std::string_view of(const KeptHost* host) { return host->name(); }

  static std::string_view of(std::string_view name) { return name; }

  template <class Left, class Right>
  bool operator()(Left left, Right right) const {
    return of(left) < of(right);
  }
};

template <class Key>
using HostIndex = std::unordered_set<const KeptHost*, HashOf<Key>, EqualBy<Key>>;
template <class Key>
using HostMultiIndex = std::unordered_multiset<const KeptHost*, HashOf<Key>, EqualBy<Key>>;
using HostsByName = std::set<const KeptHost*, ByName>;

// In the place of whichever host has its key.
template <class Index>
void replace_in(Index& index, const KeptHost& host) {
  const auto [at, is_new] = index.insert(&host);
  if (!is_new) {
    index.insert(index.erase(at), &host);
  }
}

template <class Index>
void erase_if_owned(Index& index, const KeptHost& host) {
  const auto [first, last] = index.equal_range(&host);
  const auto found = std::find(first, last, &host);
  if (found != last) {
    index.erase(found);
  }
}

}  // namespace quotemill
