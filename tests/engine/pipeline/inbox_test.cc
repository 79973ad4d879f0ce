#include "engine/pipeline/inbox.h"

#include <chrono>
#include <future>
#include <set>
#include <thread>

#include <gmock/gmock.h>

#include "engine/pipeline/limits.h"

namespace quotemill {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;
using ::testing::IsEmpty;

Submission submission(std::size_t size, std::uint64_t sequence = 0) {
  Submission out;
  out.item.resize(size);
  out.challenge.sequence = sequence;
  return out;
}

// That is on its way from then on.
void take_one(Inbox& inbox) {
  ASSERT_TRUE(inbox.offer(submission(1)));
  ASSERT_EQ(inbox.take().size(), 1U);
}

TEST(Inbox, GivesItemsInTheOrderOfArrival) {
  Inbox inbox(100, 10'000, 0);
  for (std::uint64_t i = 0; i < 5; ++i) {
    ASSERT_TRUE(inbox.offer(submission(1, i)));
  }
  EXPECT_EQ(inbox.depth(), 5U);
  const std::vector<Submission> batch = inbox.take();
  ASSERT_EQ(batch.size(), 5U);
  for (std::uint64_t i = 0; i < 5; ++i) {
    EXPECT_EQ(batch[i].challenge.sequence, i);
  }
  EXPECT_EQ(inbox.depth(), 0U);
}

TEST(Inbox, RefusesMoreItemsThanItsBoundAndLeavesThemUntouched) {
  Inbox inbox(2, 10'000, 0);
  ASSERT_TRUE(inbox.offer(submission(1)));
  ASSERT_TRUE(inbox.offer(submission(1)));
  Submission third = submission(7);
  const Result<void> refused = inbox.offer(std::move(third));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kBusy);
  EXPECT_EQ(third.item.size(), 7U);  // NOLINT(bugprone-use-after-move)
  inbox.take();
  EXPECT_TRUE(inbox.offer(std::move(third)));
}

TEST(Inbox, RefusesMoreBytesThanItsBoundAndCountsLogs) {
  Inbox inbox(100, 1000, 0);
  Submission with_log = submission(400);
  with_log.boot_log.resize(400);
  ASSERT_TRUE(inbox.offer(std::move(with_log)));
  EXPECT_EQ(inbox.offer(submission(201)).error().code, ErrorCode::kBusy);
  EXPECT_TRUE(inbox.offer(submission(200)));
  EXPECT_FALSE(inbox.offer(submission(1)));
  inbox.take();
  EXPECT_TRUE(inbox.offer(submission(1000))) << "all bytes are free again";
  EXPECT_FALSE(inbox.offer(submission(2000)));
}

TEST(Inbox, FlushesByAgeWhenFewItemsCome) {
  Inbox inbox(1000, 1'000'000, 50);
  take_one(inbox);
  const auto begin = steady_clock::now();
  ASSERT_TRUE(inbox.offer(submission(1)));
  EXPECT_EQ(inbox.take().size(), 1U);
  EXPECT_GE(steady_clock::now() - begin, milliseconds(50));
}

TEST(Inbox, WaitsNoLongerForAnItemThatHasWaitedAlready) {
  Inbox inbox(1000, 1'000'000, 2000);
  take_one(inbox);
  ASSERT_TRUE(inbox.offer(submission(1)));
  std::this_thread::sleep_for(milliseconds(2010));
  const auto begin = steady_clock::now();
  EXPECT_EQ(inbox.take().size(), 1U);
  EXPECT_LT(steady_clock::now() - begin, milliseconds(1000));
}

TEST(Inbox, AnItemGoesAloneWhileNothingIsOnItsWay) {
  Inbox inbox(1000, 1'000'000, 60'000);
  for (int i = 0; i < 3; ++i) {
    take_one(inbox);  // or this test takes a minute
    inbox.finished();
  }
}

TEST(Inbox, WaitsForOthersOnlyUntilWhatIsOnItsWayIsThrough) {
  Inbox inbox(1000, 1'000'000, 60'000);
  take_one(inbox);
  ASSERT_TRUE(inbox.offer(submission(1)));
  auto taken = std::async(std::launch::async, [&] { return inbox.take(); });
  EXPECT_EQ(taken.wait_for(milliseconds(50)), std::future_status::timeout);
  ASSERT_TRUE(inbox.offer(submission(1)));
  EXPECT_EQ(taken.wait_for(milliseconds(50)), std::future_status::timeout);
  inbox.finished();
  EXPECT_EQ(taken.get().size(), 2U);
}

TEST(Inbox, WaitsAtRestAsLongAsItIsToldTo) {
  Inbox inbox(1000, 1'000'000, 60'000, 50);
  const auto begin = steady_clock::now();
  ASSERT_TRUE(inbox.offer(submission(1)));
  EXPECT_EQ(inbox.take().size(), 1U);
  EXPECT_GE(steady_clock::now() - begin, milliseconds(50));
}

TEST(Inbox, EveryBatchOnItsWayCounts) {
  Inbox inbox(1000, 1'000'000, 60'000);
  for (std::size_t i = 0; i < limits::kBatchItemsMax + 1; ++i) {
    ASSERT_TRUE(inbox.offer(submission(1)));
  }
  ASSERT_EQ(inbox.take().size(), limits::kBatchItemsMax);
  auto taken = std::async(std::launch::async, [&] { return inbox.take(); });
  inbox.finished();
  ASSERT_EQ(taken.get().size(), 1U);
  for (std::size_t i = 0; i < limits::kBatchItemsMax; ++i) {
    ASSERT_TRUE(inbox.offer(submission(1)));
  }
  ASSERT_EQ(inbox.take().size(), limits::kBatchItemsMax) << "two are on their way";
  inbox.finished();
  ASSERT_TRUE(inbox.offer(submission(1)));
  taken = std::async(std::launch::async, [&] { return inbox.take(); });
  EXPECT_EQ(taken.wait_for(milliseconds(50)), std::future_status::timeout) << "one still is";
  inbox.finished();
  EXPECT_EQ(taken.get().size(), 1U);
}

TEST(Inbox, WithEnoughOnTheirWayTheNextGathersUntilOneIsThrough) {
  Inbox inbox(1000, 1'000'000, 0);
  for (std::size_t i = 0; i < limits::kBatchesAhead; ++i) {
    take_one(inbox);
  }
  auto taken = std::async(std::launch::async, [&] { return inbox.take(); });
  ASSERT_TRUE(inbox.offer(submission(1)));
  EXPECT_EQ(taken.wait_for(milliseconds(50)), std::future_status::timeout);
  ASSERT_TRUE(inbox.offer(submission(1)));
  inbox.finished();
  EXPECT_EQ(taken.get().size(), 2U);
}

TEST(Inbox, AFullBatchGoesHoweverManyAreOnTheirWay) {
  Inbox inbox(1000, 1'000'000, 60'000);
  for (std::size_t i = 0; i < limits::kBatchesAhead; ++i) {
    for (std::size_t item = 0; item < limits::kBatchItemsMax; ++item) {
      ASSERT_TRUE(inbox.offer(submission(1)));
    }
    ASSERT_EQ(inbox.take().size(), limits::kBatchItemsMax);
  }
  auto taken = std::async(std::launch::async, [&] { return inbox.take(); });
  for (std::size_t item = 0; item < limits::kBatchItemsMax; ++item) {
    // It sleeps before the first and before the last one comes.
    const bool is_looked_at = item < 2 || item + 1 == limits::kBatchItemsMax;
    EXPECT_EQ(taken.wait_for(milliseconds(is_looked_at ? 50 : 0)), std::future_status::timeout);
    ASSERT_TRUE(inbox.offer(submission(1)));
  }
  EXPECT_EQ(taken.get().size(), limits::kBatchItemsMax);
}

TEST(Inbox, WakesATakerWhoFoundNothing) {
  Inbox inbox(1000, 1'000'000, 0);
  auto taken = std::async(std::launch::async, [&] { return inbox.take(); });
  EXPECT_EQ(taken.wait_for(milliseconds(50)), std::future_status::timeout);
  ASSERT_TRUE(inbox.offer(submission(1)));
  EXPECT_EQ(taken.get().size(), 1U);
}

TEST(Inbox, FlushesBySizeAtOnce) {
  Inbox inbox(1000, 1'000'000, 60'000);
  take_one(inbox);
  for (std::size_t i = 0; i < limits::kBatchItemsMax + 10; ++i) {
    ASSERT_TRUE(inbox.offer(submission(1)));
  }
  EXPECT_EQ(inbox.take().size(), limits::kBatchItemsMax);
  EXPECT_EQ(inbox.depth(), 10U);
  inbox.close();
  EXPECT_EQ(inbox.take().size(), 10U);
}

TEST(Inbox, ABatchIsFullByItsBytesToo) {
  constexpr std::size_t kSize = 200 * 1024;
  constexpr std::size_t kFull = limits::kBatchBytesMax / kSize + 1;
  Inbox inbox(1000, 100'000'000, 60'000);
  for (std::size_t i = 0; i < kFull + 3; ++i) {
    ASSERT_TRUE(inbox.offer(submission(kSize)));
  }
  EXPECT_EQ(inbox.take().size(), kFull);
  inbox.close();
  EXPECT_EQ(inbox.take().size(), 3U);
}

TEST(Inbox, ALargeItemIsInNoBatch) {
  Inbox inbox(100, 10'000'000, 0);
  ASSERT_TRUE(inbox.offer(submission(1, 1)));
  Submission large = submission(1, 2);
  large.runtime_list.resize(limits::kBatchedItemSizeMax);
  ASSERT_TRUE(inbox.offer(std::move(large)));
  ASSERT_TRUE(inbox.offer(submission(limits::kBatchedItemSizeMax, 3)));
  EXPECT_EQ(inbox.depth(), 3U);
  const std::vector<Submission> batch = inbox.take();
  ASSERT_EQ(batch.size(), 2U);
  EXPECT_EQ(batch[0].challenge.sequence, 1U);
  EXPECT_EQ(batch[1].challenge.sequence, 3U);
  const std::optional<Submission> alone = inbox.take_large();
  ASSERT_TRUE(alone);
  EXPECT_EQ(alone->challenge.sequence, 2U);
  EXPECT_EQ(inbox.depth(), 0U);
}

TEST(Inbox, LargeItemsLeaveRoomForOthers) {
  constexpr std::size_t kRoom = 80 * limits::kBatchedItemSizeMax;
  Inbox inbox(100, kRoom, 0);
  ASSERT_TRUE(inbox.offer(submission(kRoom / 8 * 7)));
  EXPECT_EQ(inbox.offer(submission(limits::kBatchedItemSizeMax + 1)).error().code,
            ErrorCode::kBusy);
  EXPECT_TRUE(inbox.has_room(100, false));
  EXPECT_TRUE(inbox.offer(submission(100)));
  EXPECT_TRUE(inbox.take_large());
  EXPECT_TRUE(inbox.offer(submission(limits::kBatchedItemSizeMax + 1)));
}

TEST(Inbox, KeepsRoomForWhatWaitedBefore) {
  Inbox inbox(8, 10'000, 0);
  for (int i = 0; i < 6; ++i) {
    ASSERT_TRUE(inbox.offer(submission(1)));
  }
  EXPECT_FALSE(inbox.has_room(1, false));
  EXPECT_EQ(inbox.offer(submission(1)).error().code, ErrorCode::kBusy);
  for (int i = 0; i < 2; ++i) {
    EXPECT_TRUE(inbox.has_room(1, true));
    Submission again = submission(1);
    again.again = true;
    EXPECT_TRUE(inbox.offer(std::move(again)));
  }
  Submission again = submission(1);
  again.again = true;
  EXPECT_FALSE(inbox.has_room(1, true));
  EXPECT_EQ(inbox.offer(std::move(again)).error().code, ErrorCode::kBusy) << "full is full";
}

TEST(Inbox, CloseRefusesNewItemsAndGivesOldOnes) {
  Inbox inbox(100, 10'000, 60'000);
  ASSERT_TRUE(inbox.offer(submission(1)));
  inbox.close();
  EXPECT_EQ(inbox.offer(submission(1)).error().code, ErrorCode::kExpired);
  EXPECT_EQ(inbox.take().size(), 1U);
  EXPECT_THAT(inbox.take(), IsEmpty());
  EXPECT_THAT(inbox.take(), IsEmpty());
}

TEST(Inbox, CloseWakesTakersThatWait) {
  Inbox inbox(100, 10'000, 60'000);
  auto taken = std::async(std::launch::async, [&] { return inbox.take(); });
  auto taken_large = std::async(std::launch::async, [&] { return inbox.take_large().has_value(); });
  inbox.close();
  EXPECT_THAT(taken.get(), IsEmpty());
  EXPECT_FALSE(taken_large.get());
}

TEST(Inbox, CloseGivesWhatGathersAtOnce) {
  Inbox inbox(1000, 1'000'000, 0);
  for (std::size_t i = 0; i < limits::kBatchesAhead; ++i) {
    take_one(inbox);
  }
  ASSERT_TRUE(inbox.offer(submission(1)));
  auto taken = std::async(std::launch::async, [&] { return inbox.take(); });
  EXPECT_EQ(taken.wait_for(milliseconds(50)), std::future_status::timeout);
  inbox.close();
  EXPECT_EQ(taken.get().size(), 1U);
}

TEST(Inbox, GivesLargeItemsAfterItWasClosed) {
  Inbox inbox(100, 10'000'000, 0);
  ASSERT_TRUE(inbox.offer(submission(limits::kBatchedItemSizeMax + 1)));
  inbox.close();
  EXPECT_THAT(inbox.take(), IsEmpty());
  EXPECT_TRUE(inbox.take_large());
  EXPECT_FALSE(inbox.take_large());
}

TEST(InboxStress, EveryAcceptedItemIsTakenOnce) {
  constexpr std::uint64_t kEach = 2000;
  constexpr std::uint64_t kThreads = 4;
  Inbox inbox(64, 100'000, 1);
  std::atomic<std::uint64_t> refused = 0;
  std::multiset<std::uint64_t> taken;
  std::jthread taker([&] {
    for (auto batch = inbox.take(); !batch.empty(); batch = inbox.take()) {
      for (const Submission& item : batch) {
        taken.insert(item.challenge.sequence);
      }
      inbox.finished();
    }
  });
  {
    std::vector<std::jthread> givers;
    for (std::uint64_t thread = 0; thread < kThreads; ++thread) {
      givers.emplace_back([&, thread] {
        for (std::uint64_t i = 0; i < kEach; ++i) {
          while (!inbox.offer(submission(10, thread * kEach + i))) {
            ++refused;
            std::this_thread::yield();
          }
        }
      });
    }
  }
  inbox.close();
  taker.join();
  EXPECT_EQ(taken.size(), kEach * kThreads);
  for (std::uint64_t i = 0; i < kEach * kThreads; ++i) {
    ASSERT_EQ(taken.count(i), 1U);
  }
  EXPECT_EQ(inbox.depth(), 0U);
}

}  // namespace
}  // namespace quotemill
