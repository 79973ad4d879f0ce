// HostMap: values by host, found with one cache miss (engine/base/flat_table.h). For small values:
// an address of one is good until the map changes.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <utility>

#include "engine/base/flat_table.h"
#include "engine/evidence/host_uid.h"

namespace quotemill {

template <class Value>
class HostMap {
 public:
  // Null if the host has none.
  [[nodiscard]] const Value* find(const HostUid& host) const {
    if (is_zero(host)) {
      return of_zero_ ? &*of_zero_ : nullptr;
    }
    const Slot* const found = table_.find(hash_of(host), is_of(host));
    return found == nullptr ? nullptr : &found->value;
  }

  [[nodiscard]] Value* find(const HostUid& host) {
    return const_cast<Value*>(std::as_const(*this).find(host));
  }

  // Unless the host has one: then that, and false.
  std::pair<Value*, bool> try_add(const HostUid& host, Value value) {
    if (Value* const found = find(host)) {
      return {found, false};
    }
    return {is_zero(host) ? &of_zero_.emplace(std::move(value))
                          : &table_.add({host, std::move(value)}).value,
            true};
  }

  void erase(const HostUid& host) {
    if (is_zero(host)) {
      of_zero_.reset();
    } else if (const Slot* const found = table_.find(hash_of(host), is_of(host))) {
      table_.erase(*found);
    }
  }

  void clear() {
    table_.clear();
    of_zero_.reset();
  }

  void reserve(std::size_t hosts) { table_.reserve(hosts); }

  [[nodiscard]] std::size_t size() const { return table_.size() + (of_zero_ ? 1 : 0); }

  // Each value, in no order that means anything.
  template <class Visit>
  void visit(Visit each) {
    table_.visit([&each](Slot& slot) { each(slot.value); });
    if (of_zero_) {
      each(*of_zero_);
    }
  }

  // Has the memory fetched that a look for this host begins at.
  void prefetch(const HostUid& host) const { table_.prefetch(hash_of(host)); }

 private:
  struct Slot {
    HostUid host;  // zeros: the slot is free
    Value value{};

    [[nodiscard]] bool is_free() const { return is_zero(host); }

    [[nodiscard]] std::uint32_t hash() const { return hash_of(host); }
  };

  using Words = std::array<std::uint64_t, 2>;

  // In two words: GCC calls memcmp() for an array of bytes.
  static bool is_zero(const HostUid& host) {
    const auto words = std::bit_cast<Words>(host.bytes);
    return (words[0] | words[1]) == 0;
  }

  static std::uint32_t hash_of(const HostUid& host) {
    return FlatTable<Slot>::hash_of(std::hash<HostUid>{}(host));
  }

  static auto is_of(const HostUid& host) {
    return [sought = std::bit_cast<Words>(host.bytes)](const Slot& slot) {
      const auto words = std::bit_cast<Words>(slot.host.bytes);
      return words[0] == sought[0] && words[1] == sought[1];
    };
  }

  FlatTable<Slot> table_;
  // The host of zeros has a place of its own. Uids are random, but nothing here depends on that.
  std::optional<Value> of_zero_;
};

}  // namespace quotemill
