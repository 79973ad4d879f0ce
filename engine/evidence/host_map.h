// HostMap: values by host, found with one cache miss (engine/base/flat_table.h). For small values:
// an address of one is good until the map changes.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <utility>

#include "engine/base/flat_table.h"
#include "engine/evidence/host_uid.h"

namespace quotemill {

template <class Value>
class HostMap {
 public:
  // Null if the host has none.
  [[nodiscard]] const Value* find(const HostUid& host) const {
    const Slot* const found = table_.find(hash_of(host), is_of(host));
    return found == nullptr ? nullptr : &found->value;
  }

  [[nodiscard]] Value* find(const HostUid& host) {
    Slot* const found = table_.find(hash_of(host), is_of(host));
    return found == nullptr ? nullptr : &found->value;
  }

  // Unless the host has one: then that, and false.
  std::pair<Value*, bool> try_add(const HostUid& host, Value value) {
    if (Value* const found = find(host)) {
      return {found, false};
    }
    return {&table_.add({host, true, std::move(value)}).value, true};
  }

  void erase(const HostUid& host) {
    if (const Slot* const found = table_.find(hash_of(host), is_of(host))) {
      table_.erase(*found);
    }
  }

  void clear() { table_.clear(); }

  void reserve(std::size_t hosts) { table_.reserve(hosts); }

  [[nodiscard]] std::size_t size() const { return table_.size(); }

  // Each value, in no order that means anything.
  template <class Visit>
  void visit(Visit each) {
    table_.visit([&each](Slot& slot) { each(slot.value); });
  }

  // Has the memory fetched that a look for this host begins at.
  void prefetch(const HostUid& host) const { table_.prefetch(hash_of(host)); }

 private:
  struct Slot {
    HostUid host;
    bool is_taken = false;
    Value value{};

    [[nodiscard]] bool is_free() const { return !is_taken; }

    [[nodiscard]] std::uint32_t hash() const { return hash_of(host); }
  };

  static std::uint32_t hash_of(const HostUid& host) {
    return FlatTable<Slot>::hash_of(std::hash<HostUid>{}(host));
  }

  // In two words: GCC calls memcmp() for an array of bytes.
  static auto is_of(const HostUid& host) {
    using Words = std::array<std::uint64_t, 2>;
    return [sought = std::bit_cast<Words>(host.bytes)](const Slot& slot) {
      const auto words = std::bit_cast<Words>(slot.host.bytes);
      return words[0] == sought[0] && words[1] == sought[1];
    };
  }

  FlatTable<Slot> table_;
};

}  // namespace quotemill
