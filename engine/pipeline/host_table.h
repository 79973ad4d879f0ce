// HostTable: the host directory in memory. Who is this channel key, what is its record, what was
// its last state: the one upstream read of the flow.
//
// Written by the commit thread only (and at start-up); read by any thread. What a reader gets is an
// immutable snapshot and a hint: the commit stage checks again.
#pragma once

#include <array>
#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "engine/evidence/host_uid.h"
#include "engine/identity/host_record.h"
#include "engine/verdict/host_state.h"

namespace quotemill {

struct Host {
  std::shared_ptr<const HostRecord> record;
  std::shared_ptr<const HostState> state;  // never null: a fresh host has a default state
};

class HostTable {
 public:
  [[nodiscard]] std::optional<Host> find(const HostUid& uid) const;
  // Any life cycle; retired, denied and replaced keys are not found.
  [[nodiscard]] std::optional<Host> find_by_key(const CurveKey& key) const;
  [[nodiscard]] std::optional<Host> find_by_name(
      std::string_view name) const;  // active or in maintenance
  // Of the inventory, not proven yet: nobody else is to get this name.
  [[nodiscard]] std::optional<Host> find_expected(std::string_view name) const;
  // Any life cycle: a TPM whose host was retired or denied is no newcomer.
  // None for "": hosts that were imported without an EK are not found.
  [[nodiscard]] std::optional<Host> find_by_ek(std::string_view ek_sha256) const;
  // One with this TPMT_PUBLIC as AK, pending or living; none for an empty one.
  [[nodiscard]] std::optional<Host> find_by_ak(ByteView ak_public) const;
  // Whether this key may speak on the attestation endpoint.
  [[nodiscard]] bool admits(const CurveKey& key) const;

  // Sorted by name, then uid. A page: hosts after `after` (a name; empty: from the first), at most
  // `limit`.
  [[nodiscard]] std::vector<Host> list(std::string_view after, std::size_t limit) const;
  [[nodiscard]] std::vector<Host> pending() const;
  // Those of the inventory that no TPM has proven yet, sorted by name; after `after`, at most
  // `limit`.
  [[nodiscard]] std::vector<Host> expected(std::string_view after, std::size_t limit) const;
  // Retired and denied hosts, sorted by name, then uid; at most `limit`. Looks at every host.
  [[nodiscard]] std::vector<Host> ended(std::size_t limit) const;
  [[nodiscard]] std::size_t size() const;
  [[nodiscard]] std::size_t pending_count() const;
  // Hosts that may attest, by TrustState. Cheap.
  [[nodiscard]] std::array<std::size_t, 5> counts() const;

  // Commit thread only.
  void put(std::shared_ptr<const HostRecord> record);
  void put_state(std::shared_ptr<const HostState> state);
  void remove(const HostUid& uid);

 private:
  // Indexes hold pointers into hosts_, whose nodes stay where they are, and find hosts by what
  // their records say: a key is in memory once, however large it is. What a record says must not
  // change while it is in them. (Hashes are not noexcept, so that sets keep them.)
  template <class Key>
  struct HashOf {
    using is_transparent = void;

    std::size_t operator()(const Host* host) const { return Key::hash(Key::of(*host)); }

    std::size_t operator()(typename Key::Type key) const { return Key::hash(key); }
  };

  template <class Key>
  struct EqualBy {
    using is_transparent = void;

    bool operator()(const Host* left, const Host* right) const {
      return Key::equal(Key::of(*left), Key::of(*right));
    }

    bool operator()(typename Key::Type left, const Host* right) const {
      return Key::equal(left, Key::of(*right));
    }

    bool operator()(const Host* left, typename Key::Type right) const {
      return Key::equal(Key::of(*left), right);
    }
  };

  // A peer chooses its own channel key, but must hold the private half: finding collisions gains it
  // nothing beyond its own slot. Tables are of bytes.
  struct ByChannel {
    using Type = ByteView;

    static Type of(const Host& host) { return host.record->curve_key; }

    static std::size_t hash(Type key) { return std::hash<std::string_view>{}(as_text(key)); }

    static bool equal(Type left, Type right) { return quotemill::equal(left, right); }
  };

  struct ByAk {
    using Type = ByteView;

    static Type of(const Host& host) { return host.record->ak_public; }

    static std::size_t hash(Type key) { return std::hash<std::string_view>{}(as_text(key)); }

    static bool equal(Type left, Type right) { return quotemill::equal(left, right); }
  };

  struct ByEk {
    using Type = std::string_view;

    static Type of(const Host& host) { return host.record->ek_sha256; }

    static std::size_t hash(Type key) { return std::hash<std::string_view>{}(key); }

    static bool equal(Type left, Type right) { return left == right; }
  };

  struct ByName {
    using is_transparent = void;

    static std::string_view of(const Host* host) { return host->record->name; }

    static std::string_view of(std::string_view name) { return name; }

    template <class Left, class Right>
    bool operator()(Left left, Right right) const {
      return of(left) < of(right);
    }
  };

  template <class Key>
  using Index = std::unordered_set<const Host*, HashOf<Key>, EqualBy<Key>>;

  void index(const Host& host);
  void index_ek(const Host& host);
  void forget_indexes(const Host& host);

  mutable std::shared_mutex mutex_;
  std::unordered_map<HostUid, Host> hosts_;
  Index<ByChannel> by_key_;
  Index<ByEk> by_ek_;
  std::unordered_multiset<const Host*, HashOf<ByAk>, EqualBy<ByAk>> by_ak_;
  std::set<const Host*, ByName> by_name_;
  std::map<HostUid, std::string> pending_;
  std::set<const Host*, ByName> expected_;
  std::array<std::size_t, 5> counts_{};
};

}  // namespace quotemill
