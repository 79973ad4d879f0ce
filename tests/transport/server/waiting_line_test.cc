#include "transport/server/waiting_line.h"

#include <algorithm>
#include <map>
#include <random>
#include <vector>

#include <gtest/gtest.h>

namespace quotemill::transport {
namespace {

constexpr std::uint32_t kMinMs = 1'000;
constexpr std::uint32_t kMaxMs = 20'000;
constexpr std::size_t kInFlight = 100;

class WaitingLineTest : public ::testing::Test {
 protected:
  [[nodiscard]] BootTime now() const { return {now_ms_}; }

  std::uint32_t put_off(WaitingLine::Place& place) {
    return line_.put_off(place, kInFlight, now());
  }

  // One more host.
  std::uint32_t put_off_another() {
    WaitingLine::Place place;
    return put_off(place);
  }

  void put_off_others(int hosts) {
    for (int i = 0; i < hosts; ++i) {
      put_off_another();
    }
  }

  // A pipeline with enough to do answers so many hosts, in so many milliseconds.
  void answer(std::size_t hosts, std::int64_t ms, std::size_t in_flight = kInFlight) {
    now_ms_ += ms;
    line_.note_answered(hosts, in_flight, now());
  }

  // The rate is known, and the line empty.
  void measure(std::size_t hosts, std::int64_t ms) {
    put_off_another();
    answer(hosts, ms);
    now_ms_ += kMaxMs;
  }

  std::int64_t now_ms_ = 5'000'000;
  WaitingLine line_{kMinMs, kMaxMs};
};

TEST_F(WaitingLineTest, WhoIsAloneIsToldTheLeast) {
  EXPECT_EQ(put_off_another(), kMinMs);
  measure(1'500, 1'000);
  EXPECT_EQ(put_off_another(), kMinMs);
}

TEST_F(WaitingLineTest, ManyAreToldTheLeastWhileNobodyKnowsHowFastVerdictsAreMade) {
  put_off_others(10'000);
  EXPECT_EQ(line_.rate(), 0);
  EXPECT_EQ(put_off_another(), kMinMs);
}

TEST_F(WaitingLineTest, FourPlacesAreGivenForThreeVerdicts) {
  measure(1'500, 1'000);
  ASSERT_EQ(line_.rate(), 1'500);
  for (std::uint32_t i = 0; i < 20'000; ++i) {
    ASSERT_EQ(put_off_another(), kMinMs + i / 2);
  }
}

TEST_F(WaitingLineTest, TimeShortensTheLine) {
  measure(1'500, 1'000);
  put_off_others(10'000);
  now_ms_ += 2'000;
  EXPECT_EQ(put_off_another(), kMinMs + 3'000);
  now_ms_ += 60'000;
  EXPECT_EQ(put_off_another(), kMinMs);
}

TEST_F(WaitingLineTest, NobodyIsToldMoreThanTheMostHoweverManyWait) {
  measure(1'500, 1'000);
  std::map<std::uint32_t, int> beyond;
  for (int i = 0; i < 1'000'000; ++i) {
    const std::uint32_t told = put_off_another();
    ASSERT_GE(told, kMinMs);
    ASSERT_LE(told, kMaxMs);
    if (i >= 38'000) {
      ++beyond[told];
    }
  }
  EXPECT_EQ(beyond.begin()->first, (kMinMs + kMaxMs) / 2);
  EXPECT_EQ(beyond.rbegin()->first, kMaxMs);
  const auto most = std::max_element(beyond.begin(), beyond.end(), [](auto& one, auto& other) {
    return one.second < other.second;
  });
  EXPECT_LE(most->second, 120) << "spread over the second half, a hundred a millisecond";
  now_ms_ += 4 * kMaxMs;
  EXPECT_EQ(put_off_another(), kMinMs) << "and none of it is left for long";
}

TEST_F(WaitingLineTest, WhoAsksBeforeItsTimeKeepsItsPlaceAndTakesNoOther) {
  measure(1'500, 1'000);
  put_off_others(10'000);
  WaitingLine::Place place;
  const std::uint32_t told = put_off(place);
  const BootTime due = place.due;
  EXPECT_EQ(due.ms, now_ms_ + told);
  for (int i = 0; i < 50'000; ++i) {
    ASSERT_EQ(put_off(place), told);
  }
  now_ms_ += 1'500;
  EXPECT_EQ(put_off(place), told - 1'500);
  EXPECT_EQ(place.due, due);
  EXPECT_EQ(put_off_another(), kMinMs + 3'500) << "the line is as long as before, less the time";
  now_ms_ = due.ms - 1;
  EXPECT_EQ(put_off(place), kMinMs);
  EXPECT_EQ(place.due, due);
}

TEST_F(WaitingLineTest, WhoIsPutOffAgainIsToldAPartOfTheLine) {
  measure(1'500, 1'000);
  put_off_others(16'000);
  WaitingLine::Place place;
  for (const std::uint32_t part : {1U, 2U, 4U, 8U, 8U, 8U}) {
    EXPECT_EQ(put_off(place), kMinMs + 8'000 / part);
    now_ms_ = place.due.ms;
    line_ = WaitingLine(kMinMs, kMaxMs);
    measure(1'500, 1'000);
    put_off_others(16'000);
  }
}

TEST_F(WaitingLineTest, APlaceThatWasGivenUpIsAsIfItHadNeverBeen) {
  WaitingLine::Place place;
  EXPECT_FALSE(place.is_taken());
  put_off(place);
  EXPECT_TRUE(place.is_taken());
  place = {};
  EXPECT_FALSE(place.is_taken());
  EXPECT_EQ(put_off(place), kMinMs);
}

TEST_F(WaitingLineTest, TheFirstMeasureTakesATenthOfASecondOthersHalfOfOne) {
  put_off_another();
  answer(50, 99);
  EXPECT_EQ(line_.rate(), 0);
  answer(50, 1);
  EXPECT_EQ(line_.rate(), 1'000);
  answer(1'000, 499);
  EXPECT_EQ(line_.rate(), 1'000);
  answer(500, 1);
  EXPECT_EQ(line_.rate(), 2'000) << "halfway from 1,000 to 3,000";
}

TEST_F(WaitingLineTest, WhatIsDoneAtRestSaysNothing) {
  for (int i = 0; i < 100; ++i) {
    answer(1, 100, 0);
  }
  EXPECT_EQ(line_.rate(), 0);
  measure(1'500, 1'000);
  answer(0, 0, kInFlight / 2 - 1);  // and there is less to do
  for (int i = 0; i < 100; ++i) {
    answer(1, 100, 3);
  }
  EXPECT_EQ(line_.rate(), 1'500);
}

TEST_F(WaitingLineTest, WhatWasDoneUntilThereWasLessToDoIsAMeasure) {
  put_off_another();
  answer(200, 200, kInFlight / 2 - 1);
  EXPECT_EQ(line_.rate(), 1'000);
  put_off_another();
  answer(10'000, 99, kInFlight / 2 - 1);
  EXPECT_EQ(line_.rate(), 1'000) << "for so short a time it is none";
  put_off_another();
  answer(300, 100, kInFlight / 2 - 1);
  EXPECT_EQ(line_.rate(), 2'000) << "halfway from 1,000 to 3,000";
}

TEST_F(WaitingLineTest, OneThatFilledTheInboxAloneIsNoLoadOnceItIsAnswered) {
  WaitingLine::Place place;
  line_.put_off(place, 1, now());
  answer(1, 10, 0);
  answer(1, 5'000, 0);
  EXPECT_EQ(line_.rate(), 0);
}

TEST_F(WaitingLineTest, AStallHalvesTheRateAtMost) {
  measure(1'500, 1'000);
  put_off_another();
  for (int i = 0; i < 100; ++i) {
    answer(0, 100);
  }
  EXPECT_EQ(line_.rate(), 1'500);
  answer(1, 100);
  EXPECT_GE(line_.rate(), 750);
}

TEST_F(WaitingLineTest, ARateOfLongAgoIsForgotten) {
  measure(1'500, 1'000);
  put_off_another();
  now_ms_ += 60'000;
  put_off_another();
  EXPECT_EQ(line_.rate(), 1'500);
  now_ms_ += 60'001;
  put_off_another();
  EXPECT_EQ(line_.rate(), 0);
}

TEST_F(WaitingLineTest, EvenOneVerdictInAMinuteIsARate) {
  put_off_another();
  answer(1, 59'000);
  EXPECT_EQ(line_.rate(), 1);
  put_off_another();
  EXPECT_EQ(put_off_another(), kMinMs + 750);
}

// Whatever comes, early, late or never: the bounds hold, and the line is over when its time is.
TEST_F(WaitingLineTest, AtRandomNothingIsLeftBehind) {
  std::mt19937 random(7);
  const auto below = [&random](std::uint32_t bound) {
    return std::uniform_int_distribution<std::uint32_t>(0, bound - 1)(random);
  };
  for (int round = 0; round < 50; ++round) {
    std::vector<WaitingLine::Place> places(1 + below(500));
    const std::uint32_t pace = 1 + below(100);
    for (int step = 0; step < 4'000; ++step) {
      WaitingLine::Place& place = places[below(static_cast<std::uint32_t>(places.size()))];
      const bool is_early = place.is_taken() && now() < place.due;
      const BootTime due = place.due;
      const std::uint32_t told = line_.put_off(place, 1 + below(300), now());
      ASSERT_GE(told, kMinMs);
      ASSERT_LE(told, kMaxMs);
      ASSERT_TRUE(place.is_taken());
      ASSERT_EQ(place.due.ms, is_early ? due.ms : now_ms_ + told);
      if (below(4) == 0) {
        place = {};  // accepted, or its session is gone
      }
      answer(below(pace), below(30), below(300));
    }
    now_ms_ += 4 * kMaxMs;
    ASSERT_EQ(put_off_another(), kMinMs) << "round " << round;
  }
}

}  // namespace
}  // namespace quotemill::transport
