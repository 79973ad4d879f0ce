#include "transport/server/memory_guard.h"

#include <gtest/gtest.h>

namespace quotemill::transport {
namespace {

constexpr std::size_t kMiB = 1024 * 1024;

TEST(MemoryGuard, ReopensOverTheBound) {
  MemoryGuard guard(100 * kMiB);
  EXPECT_FALSE(guard.must_reopen(100 * kMiB, {1'000}));
  EXPECT_TRUE(guard.must_reopen(101 * kMiB, {1'100}));
}

TEST(MemoryGuard, WithoutABoundNeverReopens) {
  MemoryGuard guard(0);
  EXPECT_FALSE(guard.must_reopen(~std::size_t{0}, {1'000}));
}

TEST(MemoryGuard, WaitsForTheMemoryToBeGivenBack) {
  MemoryGuard guard(100 * kMiB);
  EXPECT_TRUE(guard.must_reopen(101 * kMiB, {1'000}));
  EXPECT_FALSE(guard.must_reopen(120 * kMiB, {1'100}));
  EXPECT_FALSE(guard.must_reopen(50 * kMiB, {1'200}));
}

TEST(MemoryGuard, DoesNotLoopWhenReopeningIsNoHelp) {
  MemoryGuard guard(100 * kMiB);
  int reopened = 0;
  for (std::int64_t ms = 0; ms < 600'000; ms += 100) {
    reopened += guard.must_reopen(160 * kMiB, {ms}) ? 1 : 0;
  }
  EXPECT_EQ(reopened, 1);
  EXPECT_EQ(guard.threshold(), 200 * kMiB);
  EXPECT_TRUE(guard.must_reopen(201 * kMiB, {600'000}));
}

TEST(MemoryGuard, TheBoundStandsAgainWhenTheProcessHasShrunk) {
  MemoryGuard guard(100 * kMiB);
  EXPECT_TRUE(guard.must_reopen(160 * kMiB, {0}));
  EXPECT_FALSE(guard.must_reopen(160 * kMiB, {2'000}));
  EXPECT_FALSE(guard.must_reopen(50 * kMiB, {3'000}));
  EXPECT_TRUE(guard.must_reopen(101 * kMiB, {4'000}));
}

TEST(MemoryGuard, AnAttackerWhoIsBackAtOnceIsCutOffAgain) {
  MemoryGuard guard(100 * kMiB);
  EXPECT_TRUE(guard.must_reopen(120 * kMiB, {0}));
  EXPECT_FALSE(guard.must_reopen(30 * kMiB, {100}));
  EXPECT_FALSE(guard.must_reopen(70 * kMiB, {200}));
  EXPECT_TRUE(guard.must_reopen(130 * kMiB, {300}));
}

TEST(MemoryGuard, ReadsTheResidentSize) {
  EXPECT_GT(resident_bytes(), kMiB);
}

}  // namespace
}  // namespace quotemill::transport
