// A flat table tells what a plain map tells, whatever came and went, in so much memory.
#include "engine/base/flat_table.h"

#include <algorithm>
#include <limits>
#include <random>
#include <unordered_map>
#include <vector>

#include <gtest/gtest.h>

namespace quotemill {
namespace {

struct Slot {
  std::uint32_t key = 0;  // 0: free
  std::uint32_t of_key = 0;
  std::uint32_t value = 0;

  [[nodiscard]] bool is_free() const { return key == 0; }

  [[nodiscard]] std::uint32_t hash() const { return of_key; }
};

// How keys are spread over the table.
using HashOf = std::uint32_t (*)(std::uint32_t key);

// Evenly; all beside each other; at the end, from where looks go on at the beginning; at both ends.
constexpr HashOf kSpreads[] = {
    [](std::uint32_t key) { return FlatTable<Slot>::hash_of(key); },
    [](std::uint32_t key) { return (key % 3) << 30U; },
    [](std::uint32_t key) { return std::numeric_limits<std::uint32_t>::max() - key % 5; },
    [](std::uint32_t key) {
      return key % 2 == 0 ? std::numeric_limits<std::uint32_t>::max() - key : key;
    },
};

class Tables {
 public:
  explicit Tables(HashOf hash_of) : hash_of_(hash_of) {}

  void set(std::uint32_t key, std::uint32_t value) {
    if (Slot* const found = slot_of(key)) {
      found->value = value;
    } else {
      const Slot& added = table_.add({key, hash_of_(key), value});
      EXPECT_EQ(added.key, key);
    }
    model_[key] = value;
  }

  void erase(std::uint32_t key) {
    if (const Slot* const found = slot_of(key)) {
      table_.erase(*found);
    }
    model_.erase(key);
  }

  void expect_same(std::uint32_t keys) {
    ASSERT_EQ(table_.size(), model_.size());
    for (std::uint32_t key = 1; key <= keys; ++key) {
      const Slot* const found = slot_of(key);
      const auto known = model_.find(key);
      ASSERT_EQ(found != nullptr, known != model_.end()) << key;
      ASSERT_TRUE(found == nullptr || found->value == known->second) << key;
    }
    std::size_t visited = 0;
    table_.visit([&](const Slot& slot) {
      ++visited;
      EXPECT_TRUE(model_.contains(slot.key)) << slot.key;
    });
    ASSERT_EQ(visited, model_.size());
  }

 private:
  Slot* slot_of(std::uint32_t key) {
    return table_.find(hash_of_(key), [key](const Slot& slot) { return slot.key == key; });
  }

  HashOf hash_of_;
  FlatTable<Slot> table_;
  std::unordered_map<std::uint32_t, std::uint32_t> model_;
};

TEST(FlatTable, TellsWhatAPlainMapTells) {
  for (const HashOf hash_of : kSpreads) {
    for (const std::uint32_t keys : {7U, 90U, 700U}) {
      std::mt19937 random(keys);
      Tables tables(hash_of);
      for (std::uint32_t step = 1; step <= 4'000; ++step) {
        // It grows in one half of the time, and shrinks in the other.
        const bool is_growing = step % 1'000 < 500;
        const auto key = static_cast<std::uint32_t>(1 + random() % keys);
        if (random() % 4 == 0 ? is_growing : !is_growing) {
          tables.erase(key);
        } else {
          tables.set(key, step);
        }
        if (step % 50 == 0) {
          tables.expect_same(keys);
        }
      }
    }
  }
}

// Counts what is taken of the default resource.
class Counted final : public std::pmr::memory_resource {
 public:
  [[nodiscard]] std::size_t bytes() const { return bytes_; }

  [[nodiscard]] std::size_t pieces() const { return pieces_; }

 private:
  void* do_allocate(std::size_t bytes, std::size_t alignment) override {
    bytes_ += bytes;
    ++pieces_;
    return std::pmr::new_delete_resource()->allocate(bytes, alignment);
  }

  void do_deallocate(void* piece, std::size_t bytes, std::size_t alignment) override {
    bytes_ -= bytes;
    std::pmr::new_delete_resource()->deallocate(piece, bytes, alignment);
  }

  [[nodiscard]] bool do_is_equal(const memory_resource& other) const noexcept override {
    return this == &other;
  }

  std::size_t bytes_ = 0;
  std::size_t pieces_ = 0;
};

// 80 % of them are taken before it grows, by a quarter.
TEST(FlatTable, HasFromFiveToEightSlotsForFourThatAreTaken) {
  Counted memory;
  FlatTable<Slot> table(memory);
  for (std::uint32_t key = 1; key <= 100'000; ++key) {
    table.add({key, FlatTable<Slot>::hash_of(key), 0});
    if (key > 100) {
      const std::size_t slots = memory.bytes() / sizeof(Slot);
      ASSERT_LE(5 * key, 4 * slots + 5) << key;
      ASSERT_LE(slots, 16 * key / 10) << key;
    }
  }
}

TEST(FlatTable, HasRoomAtOnceForWhatIsReserved) {
  for (const std::uint32_t size : {0U, 1U, 12U, 13U, 14U, 1'000U, 99'999U}) {
    Counted memory;
    FlatTable<Slot> table(memory);
    table.reserve(size);
    EXPECT_LE(memory.bytes(), sizeof(Slot) * (size + size / 4 + 16)) << size;
    for (std::uint32_t key = 1; key <= size; ++key) {
      table.add({key, FlatTable<Slot>::hash_of(key), 0});
    }
    EXPECT_EQ(memory.pieces(), 1U) << size;
  }
}

TEST(FlatTable, AnEmptyOneFindsNothing) {
  FlatTable<Slot> table;
  const auto any = [](const Slot& /*slot*/) { return true; };
  EXPECT_EQ(table.find(5, any), nullptr);
  EXPECT_EQ(table.first_look(5), nullptr);
  table.prefetch(5);
  table.add({1, 5, 2});
  EXPECT_NE(table.find(5, any), nullptr);
  EXPECT_EQ(table.first_look(5)->value, 2U);
  table.clear();
  EXPECT_EQ(table.find(5, any), nullptr);
  EXPECT_EQ(table.size(), 0U);
}

}  // namespace
}  // namespace quotemill
