#include "transport/server/log_transfer.h"

#include <algorithm>
#include <memory>
#include <vector>

#include <gtest/gtest.h>

namespace quotemill::transport {
namespace {

// A budget of 4,000 bytes for ten transfers (50 each, and 3,500 in common), and what hosts send.
class LogBudgetTest : public ::testing::Test {
 protected:
  LogTransfer& begin() {
    EXPECT_TRUE(budget_.take_transfer());
    return *transfers_.emplace_back(std::make_unique<LogTransfer>(budget_));
  }

  // The next `size` bytes of a log of `total`.
  static ErrorCode send(LogTransfer& to, std::uint64_t total, std::uint64_t offset,
                        std::size_t size) {
    const Result<void> added = to.add({1, LogKind::kBoot, total, offset, Bytes(size, 7)});
    return added ? kTaken : added.error().code;
  }

  static constexpr ErrorCode kTaken = ErrorCode::kNotFound;  // add() never says that

  LogBudget budget_{10, 4'000};
  std::vector<std::unique_ptr<LogTransfer>> transfers_;
};

TEST_F(LogBudgetTest, BoundsHowManyTransfersAreOpen) {
  for (int i = 0; i < 10; ++i) {
    EXPECT_TRUE(budget_.take_transfer());
  }
  EXPECT_FALSE(budget_.take_transfer());
  budget_.give_transfer();
  EXPECT_TRUE(budget_.take_transfer());
}

TEST_F(LogBudgetTest, CountsBytesAsTheyComeAndGivesThemBack) {
  LogTransfer& one = begin();
  EXPECT_EQ(send(one, 500, 0, 10), kTaken);
  EXPECT_EQ(budget_.bytes(), 10U);
  EXPECT_EQ(send(one, 500, 10, 200), kTaken);
  EXPECT_EQ(budget_.bytes(), 210U);
  one.restart();
  EXPECT_EQ(budget_.bytes(), 0U);
  EXPECT_EQ(send(one, 300, 0, 300), kTaken);
  EXPECT_TRUE(one.is_complete());
  EXPECT_EQ(one.take().size(), 300U);
  EXPECT_EQ(budget_.bytes(), 300U) << "until the transfer goes";
  transfers_.clear();
  EXPECT_EQ(budget_.bytes(), 0U);
  EXPECT_EQ(send(begin(), 1'800, 0, 1'800), kTaken) << "as much as at first";
}

// What is counted is what is in memory, and that grows with what came, not with what is announced.
TEST_F(LogBudgetTest, ALogInTinySegmentsHoldsAtMostTwiceWhatCameAndNeverMoreThanItsTotal) {
  LogTransfer& one = begin();
  for (std::uint64_t offset = 0; offset < 300; ++offset) {
    ASSERT_EQ(send(one, 300, offset, 1), kTaken);
    EXPECT_GE(budget_.bytes(), offset + 1);
    EXPECT_LE(budget_.bytes(), std::min<std::uint64_t>(300, 2 * (offset + 1)));
  }
  EXPECT_TRUE(one.is_complete());
}

TEST_F(LogBudgetTest, WhoeverTakesAllTheyCanLeavesEachOtherHostItsShare) {
  for (int host = 0; host < 9; ++host) {
    LogTransfer& greedy = begin();
    std::size_t most = 2'000;
    while (send(greedy, most, 0, most) != kTaken) {
      --most;
    }
  }
  EXPECT_GT(budget_.bytes(), 3'850U);
  LogTransfer& last = begin();
  EXPECT_EQ(send(last, 50, 0, 30), kTaken);
  EXPECT_EQ(send(last, 50, 30, 20), kTaken);
  EXPECT_LE(budget_.bytes(), 4'000U);
}

TEST_F(LogBudgetTest, WhoHoldsTheMostIsRefusedFirstAndGivesBackWhatItHad) {
  LogTransfer& large = begin();
  LogTransfer& small = begin();
  ASSERT_EQ(send(large, 1'800, 0, 1'400), kTaken);
  ASSERT_EQ(send(small, 900, 0, 600), kTaken);
  EXPECT_EQ(send(large, 1'800, 1'400, 400), ErrorCode::kBusy);
  EXPECT_EQ(budget_.bytes(), 600U);
  EXPECT_EQ(send(large, 1'800, 1'400, 400), ErrorCode::kMismatch) << "it begins anew";
  EXPECT_EQ(send(small, 900, 600, 300), kTaken);
  transfers_.erase(transfers_.begin() + 1);
  EXPECT_EQ(send(large, 1'800, 0, 1'800), kTaken) << "alone";
}

TEST_F(LogBudgetTest, WhoAsksForMoreThanThereIsGetsNothing) {
  EXPECT_FALSE(budget_.take_bytes(0, 4'001));
  EXPECT_FALSE(budget_.take_bytes(0, 1'801));
  EXPECT_EQ(budget_.bytes(), 0U);
}

TEST_F(LogBudgetTest, ASegmentBeyondTheTotalIsRefused) {
  LogTransfer& one = begin();
  EXPECT_EQ(send(one, 5, 0, 6), ErrorCode::kMismatch);
  EXPECT_EQ(send(one, 5, 0, 3), kTaken);
  EXPECT_EQ(send(one, 5, 3, 3), ErrorCode::kMismatch);
  EXPECT_EQ(budget_.bytes(), 0U);
}

TEST_F(LogBudgetTest, ALogForWhichThereIsClearlyNoRoomIsRefusedBeforeItIsSent) {
  ASSERT_EQ(send(begin(), 1'100, 0, 1'100), kTaken);
  LogTransfer& large = begin();
  EXPECT_EQ(send(large, 1'276, 0, 1), ErrorCode::kBusy);
  EXPECT_EQ(send(large, 1'275, 0, 1), kTaken);
}

}  // namespace
}  // namespace quotemill::transport
