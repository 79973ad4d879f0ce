// What makes a store of either kind, for tests of the contract that both keep:
//
//   TYPED_TEST_SUITE(StoreContract, BothStores);
//   TypeParam maker{0};  // appraisals per host
//   (*maker).commit(batch);
#pragma once

#include <cstdint>
#include <memory>

#include <gtest/gtest.h>

#include "storage/memory_store.h"
#include "storage/rocks_store.h"
#include "tests/support/temp_folder.h"

namespace quotemill::testing {

class Memory {
 public:
  explicit Memory(std::uint64_t appraisals_per_host) : store_(appraisals_per_host) {}

  storage::MemoryStore& operator*() { return store_; }

 private:
  storage::MemoryStore store_;
};

class Rocks {
 public:
  explicit Rocks(std::uint64_t appraisals_per_host)
      : store_(*storage::RocksStore::open({.path = folder_ / "store",
                                           .cache_bytes = 1 << 20,
                                           .appraisals_per_host = appraisals_per_host})) {}

  storage::RocksStore& operator*() { return *store_; }

 private:
  TempFolder folder_;
  std::unique_ptr<storage::RocksStore> store_;
};

using BothStores = ::testing::Types<Memory, Rocks>;

}  // namespace quotemill::testing
