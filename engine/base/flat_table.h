// FlatTable: slots in one piece of memory that are found by a hash. Of a million a look is one
// cache miss, which can be fetched ahead.
//
// A Slot made by default is free; `is_free()` says whether it is, `hash()` what one that is taken
// is found by: hash_of() something, or whatever else has highest bits that differ. What a hash is
// of, and whether two are of the same, the caller knows.
//
// Slots are in the order of their hashes, nearly: as many as are wanted, not a power of two of
// them. So the table grows by a quarter, and 64 to 80 % of it are taken: 1.25 to 1.56 slots each,
// where doubling at 75 % has up to 2.67. A look goes by three of them at 80 %, of 13 if in vain.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <utility>
#include <vector>

#include "engine/base/prefetch.h"

namespace quotemill {

template <class Slot>
class FlatTable {
 public:
  explicit FlatTable(std::pmr::memory_resource& memory = *std::pmr::get_default_resource())
      : slots_(&memory) {}

  // Mixed: the place in the table is in its highest bits.
  static std::uint32_t hash_of(std::size_t value) {
    return static_cast<std::uint32_t>(value * 0x9E37'79B9'7F4A'7C15U >> 32U);
  }

  // The first slot of this hash that `is_it`; null if none is. Valid until the table changes.
  template <class IsIt>
  [[nodiscard]] const Slot* find(std::uint32_t hash, IsIt is_it) const {
    if (slots_.empty()) {
      return nullptr;
    }
    for (std::size_t at = home(hash); !slots_[at].is_free(); at = next(at)) {
      if (is_it(slots_[at])) {
        return &slots_[at];
      }
    }
    return nullptr;
  }

  template <class IsIt>
  [[nodiscard]] Slot* find(std::uint32_t hash, IsIt is_it) {
    return const_cast<Slot*>(std::as_const(*this).find(hash, is_it));
  }

  // One that is taken. Where it is now.
  Slot& add(Slot slot) {
    if (size_ == room()) {
      rebuild(std::max(kSlotsLeast, slots_.size() + slots_.size() / kGrowth));
    }
    ++size_;
    return put_in_free(std::move(slot));
  }

  // REQUIRES: it is one of this table's that are taken
  void erase(const Slot& slot) {
    close_gap(static_cast<std::size_t>(&slot - slots_.data()));
    --size_;
  }

  // All of them; the memory stays.
  void clear() {
    std::fill(slots_.begin(), slots_.end(), Slot());
    size_ = 0;
  }

  // Room for so many, at once.
  void reserve(std::size_t size) {
    const std::size_t slots = size + size / (kPerFree - 1) + kPerFree;
    if (slots > slots_.size()) {
      rebuild(std::max(kSlotsLeast, slots));
    }
  }

  [[nodiscard]] std::size_t size() const { return size_; }

  template <class Visit>
  void visit(Visit each) {
    for (Slot& slot : slots_) {
      if (!slot.is_free()) {
        each(slot);
      }
    }
  }

  // Has the memory fetched that a look for this hash begins at.
  void prefetch(std::uint32_t hash) const {
    if (!slots_.empty()) {
      prefetch_line(&slots_[home(hash)]);
    }
  }

  // The slot that a look for this hash begins at, free or not; null if there are none.
  [[nodiscard]] const Slot* first_look(std::uint32_t hash) const {
    return slots_.empty() ? nullptr : &slots_[home(hash)];
  }

 private:
  static constexpr std::size_t kSlotsLeast = 16;
  static constexpr std::size_t kPerFree = 5;  // of so many slots one stays free at least
  static constexpr std::size_t kGrowth = 4;   // by a part of so many

  [[nodiscard]] std::size_t home(std::uint32_t hash) const {
    return static_cast<std::size_t>(std::uint64_t{hash} * slots_.size() >> 32U);
  }

  [[nodiscard]] std::size_t next(std::size_t at) const {
    return at + 1 == slots_.size() ? 0 : at + 1;
  }

  // How many slots one comes by from `from` to `to`.
  [[nodiscard]] std::size_t way(std::size_t from, std::size_t to) const {
    return from <= to ? to - from : to + slots_.size() - from;
  }

  [[nodiscard]] std::size_t room() const { return slots_.size() - slots_.size() / kPerFree; }

  Slot& put_in_free(Slot slot) {
    std::size_t at = home(slot.hash());
    while (!slots_[at].is_free()) {
      at = next(at);
    }
    slots_[at] = std::move(slot);
    return slots_[at];
  }

  void rebuild(std::size_t slots) {
    std::pmr::vector<Slot> before(slots, slots_.get_allocator());
    before.swap(slots_);
    for (Slot& slot : before) {
      if (!slot.is_free()) {
        put_in_free(std::move(slot));
      }
    }
  }

  // A look ends at a free slot: those behind this one that it kept from their home move up.
  void close_gap(std::size_t gap) {
    for (std::size_t at = next(gap); !slots_[at].is_free(); at = next(at)) {
      if (way(home(slots_[at].hash()), at) >= way(gap, at)) {
        slots_[gap] = std::move(slots_[at]);
        gap = at;
      }
    }
    slots_[gap] = {};
  }

  std::pmr::vector<Slot> slots_;
  std::size_t size_ = 0;
};

}  // namespace quotemill
