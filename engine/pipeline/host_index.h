// How HostTable finds its hosts: indexes over what it keeps of them.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <memory_resource>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "engine/base/flat_table.h"
#include "engine/pipeline/kept_hosts.h"

namespace quotemill {

// Indexes hold the places of hosts, which stay where they are, and find them by what their records
// say: a key is in memory once, however large it is. What a record says must not change while it is
// in them.
//
// HostIndex is one flat table of places, each with a part of its key's hash beside it: of a
// million hosts a look is a cache miss, and another one for the host that is found.
template <class Key>
class HostIndex {
 public:
  // Borrows the hosts, of which all that it is given are.
  explicit HostIndex(KeptHosts& hosts,
                     std::pmr::memory_resource& memory = *std::pmr::get_default_resource())
      : hosts_(&hosts), table_(memory) {}

  // One that has this key; null if none has it.
  [[nodiscard]] const KeptHost* find(typename Key::Type key) const {
    const Slot* const found = slot_of(tag_of(key), key);
    return found == nullptr ? nullptr : &hosts_->at(found->place);
  }

  [[nodiscard]] KeptHost* find(typename Key::Type key) {
    const Slot* const found = slot_of(tag_of(key), key);
    return found == nullptr ? nullptr : &hosts_->at(found->place);
  }

  // Unless a host has its key.
  void add_if_first(KeptHost& host) {
    const auto key = Key::of(host);
    if (const std::uint32_t tag = tag_of(key); slot_of(tag, key) == nullptr) {
      table_.add({host.place, tag});
    }
  }

  // In the place of whichever host has its key.
  void replace(KeptHost& host) {
    const auto key = Key::of(host);
    const std::uint32_t tag = tag_of(key);
    if (Slot* const found = table_.find(tag, has_key(tag, key))) {
      found->place = host.place;
    } else {
      table_.add({host.place, tag});
    }
  }

  // If this very host is in it.
  void erase(const KeptHost& host) {
    const auto is_it = [&host](const Slot& slot) { return slot.place == host.place; };
    if (const Slot* const found = table_.find(tag_of(Key::of(host)), is_it)) {
      table_.erase(*found);
    }
  }

  [[nodiscard]] std::size_t size() const { return table_.size(); }

  // Has the memory fetched that a look for this key begins at.
  void prefetch(typename Key::Type key) const { table_.prefetch(tag_of(key)); }

  // The host that a look for this key comes to first, which is mostly the one; null if none.
  [[nodiscard]] const KeptHost* first_look(typename Key::Type key) const {
    const Slot* const first = table_.first_look(tag_of(key));
    return first == nullptr || first->is_free() ? nullptr : &hosts_->at(first->place);
  }

 private:
  struct Slot {
    static constexpr std::uint32_t kFree = std::numeric_limits<std::uint32_t>::max();

    std::uint32_t place = kFree;
    std::uint32_t tag = 0;

    [[nodiscard]] bool is_free() const { return place == kFree; }

    [[nodiscard]] std::uint32_t hash() const { return tag; }
  };

  static std::uint32_t tag_of(typename Key::Type key) {
    return FlatTable<Slot>::hash_of(Key::hash(key));
  }

  auto has_key(std::uint32_t tag, typename Key::Type key) const {
    return [this, tag, key](const Slot& slot) {
      return slot.tag == tag && Key::of(hosts_->at(slot.place)) == key;
    };
  }

  [[nodiscard]] const Slot* slot_of(std::uint32_t tag, typename Key::Type key) const {
    return table_.find(tag, has_key(tag, key));
  }

  KeptHosts* hosts_;
  FlatTable<Slot> table_;
};

// The same for keys that several hosts may have, however many.
template <class Key>
class HostGroups {
 public:
  explicit HostGroups(KeptHosts& hosts,
                      std::pmr::memory_resource& memory = *std::pmr::get_default_resource())
      : firsts_(hosts, memory) {}

  // One that has this key; null if none has it.
  [[nodiscard]] const KeptHost* find(typename Key::Type key) const { return firsts_.find(key); }

  // Beside whichever hosts have its key.
  void add(KeptHost& host) {
    if (KeptHost* const first = firsts_.find(Key::of(host))) {
      others_[first].push_back(&host);
    } else {
      firsts_.replace(host);
    }
  }

  // If this very host is in it.
  void erase(const KeptHost& host) {
    KeptHost* const first = firsts_.find(Key::of(host));
    const auto others = others_.find(first);
    if (others == others_.end()) {
      firsts_.erase(host);
      return;
    }
    std::vector<KeptHost*> left = std::move(others->second);
    others_.erase(others);
    KeptHost* next = first;
    if (first == &host) {
      next = left.back();
      left.pop_back();
      firsts_.replace(*next);
    } else {
      std::erase(left, &host);
    }
    if (!left.empty()) {
      others_.emplace(next, std::move(left));
    }
  }

  void prefetch(typename Key::Type key) const { firsts_.prefetch(key); }

 private:
  HostIndex<Key> firsts_;
  std::unordered_map<const KeptHost*, std::vector<KeptHost*>> others_;  // by the first; none empty
};

// Uids are random and assigned by us.
struct ByUid {
  using Type = HostUid;

  static Type of(const KeptHost& host) { return host.uid(); }

  static std::size_t hash(const Type& key) { return std::hash<Type>{}(key); }
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

  static std::string of(const KeptHost& host) { return host.ek_sha256(); }

  static std::size_t hash(Type key) { return std::hash<Type>{}(key); }
};

// A name, with so much of it at hand that most others are told apart by that.
struct BegunName {
  explicit BegunName(std::string_view name) {
    for (std::size_t i = 0; i < std::min(name.size(), kBegins); ++i) {
      begins.at(i / kWord) |= std::uint64_t{static_cast<std::uint8_t>(name[i])}
                              << 8U * (kWord - 1 - i % kWord);
    }
  }

  static constexpr std::size_t kWord = sizeof(std::uint64_t);
  static constexpr std::size_t kBegins = 2 * kWord;

  std::array<std::uint64_t, 2> begins{};
};

struct NamedHost : BegunName {
  explicit NamedHost(const KeptHost* of) : BegunName(of->name()), host(of) {}

  [[nodiscard]] std::string_view name() const { return host->name(); }

  const KeptHost* host;
};

// To look for.
struct SoughtName : BegunName {
  explicit SoughtName(std::string_view name) : BegunName(name), text(name) {}

  [[nodiscard]] std::string_view name() const { return text; }

  std::string_view text;
};

struct ByName {
  using is_transparent = void;

  template <class Left, class Right>
  bool operator()(const Left& left, const Right& right) const {
    return left.begins != right.begins ? left.begins < right.begins : left.name() < right.name();
  }
};

using HostsByName = std::pmr::set<NamedHost, ByName>;

// In the place of whichever host has its name.
inline void replace_in(HostsByName& names, const KeptHost& host) {
  const auto [at, is_new] = names.emplace(&host);
  if (!is_new) {
    names.emplace_hint(names.erase(at), &host);
  }
}

inline void erase_if_owned(HostsByName& names, const KeptHost& host) {
  const auto found = names.find(SoughtName(host.name()));
  if (found != names.end() && found->host == &host) {
    names.erase(found);
  }
}

}  // namespace quotemill
