#include "transport/server/punctuality.h"

#include <gtest/gtest.h>

namespace quotemill::transport {
namespace {

constexpr std::int64_t kOpened = 50'000;

// A thread that takes its turns, beside both clocks.
class PunctualityTest : public ::testing::Test {
 protected:
  [[nodiscard]] Moment now() const { return {{wall_ahead_ms_ + now_ms_}, {now_ms_}}; }

  // The next turn, `after_ms` from the last one.
  void turn(std::int64_t after_ms, bool is_empty = true) {
    now_ms_ += after_ms;
    punctuality_.note(now());
    if (is_empty) {
      punctuality_.note_empty();
    }
  }

  void turns_for(std::int64_t ms, bool is_empty = true) {
    for (const std::int64_t end = now_ms_ + ms; now_ms_ < end;) {
      turn(100, is_empty);
    }
  }

  // Of what is read now.
  std::int64_t waiting_since() { return punctuality_.note_read(now()).waiting_since.ms; }

  std::int64_t measurable_from() { return punctuality_.note_read(now()).measurable_from.ms; }

  std::int64_t now_ms_ = kOpened;
  std::int64_t wall_ahead_ms_ = 1'700'000'000'000;
  Punctuality punctuality_{now()};
};

TEST_F(PunctualityTest, InTimeNothingWaitsLongerThanATurn) {
  turns_for(10'000);
  EXPECT_EQ(waiting_since(), now_ms_);
  now_ms_ += 100;
  EXPECT_EQ(waiting_since(), now_ms_ - 100) << "what woke it came since";
  EXPECT_EQ(punctuality_.note_read(now()).read.boot.ms, now_ms_);
}

TEST_F(PunctualityTest, NothingWaitsInASocketForLongerThanItIsOpen) {
  EXPECT_EQ(waiting_since(), kOpened);
  turn(100);
  EXPECT_EQ(waiting_since(), kOpened) << "it is not known yet whether the thread is in time";
}

TEST_F(PunctualityTest, AfterAGapWhatIsReadMayHaveWaitedSinceBeforeIt) {
  turns_for(10'000);
  const std::int64_t stopped = now_ms_;
  turn(60'000, false);
  EXPECT_EQ(waiting_since(), stopped);
}

TEST_F(PunctualityTest, AnEmptySocketRightAfterAGapProvesNothing) {
  turns_for(10'000);
  const std::int64_t stopped = now_ms_;
  turn(60'000);
  EXPECT_EQ(waiting_since(), stopped);
  turns_for(900);
  EXPECT_EQ(waiting_since(), stopped);
  turn(100);
  EXPECT_EQ(waiting_since(), now_ms_) << "in time for a second";
}

TEST_F(PunctualityTest, AnEmptySocketRightAfterALateMessageProvesNothing) {
  turns_for(10'000);
  const std::int64_t stopped = now_ms_;
  now_ms_ += 60'000;
  EXPECT_EQ(waiting_since(), stopped);
  punctuality_.note_empty();
  EXPECT_EQ(waiting_since(), stopped);
}

TEST_F(PunctualityTest, AnotherGapBeginsTheSecondAnew) {
  turns_for(10'000);
  const std::int64_t stopped = now_ms_;
  turn(60'000);
  turns_for(900);
  turn(1'001);
  turns_for(900);
  EXPECT_EQ(waiting_since(), stopped);
  turn(100);
  EXPECT_EQ(waiting_since(), now_ms_);
}

TEST_F(PunctualityTest, LateTurnsWithinASecondAreInTime) {
  turns_for(10'000);
  for (int i = 0; i < 10; ++i) {
    turn(1'000);
    EXPECT_EQ(waiting_since(), now_ms_);
  }
}

TEST_F(PunctualityTest, WhileTheSocketIsNeverEmptyNobodyKnowsHowLongThingsWaited) {
  turns_for(10'000);
  const std::int64_t full = now_ms_;
  turns_for(120'000, false);
  EXPECT_EQ(waiting_since(), full);
  turn(100);
  EXPECT_EQ(waiting_since(), now_ms_);
}

TEST_F(PunctualityTest, AReopenedSocketHoldsNothingOldButItsPeersMay) {
  turns_for(10'000);
  EXPECT_EQ(measurable_from(), kOpened);
  turn(5'000, false);
  punctuality_.note_opened(now());
  EXPECT_EQ(waiting_since(), now_ms_);
  EXPECT_EQ(measurable_from(), now_ms_);
  const std::int64_t reopened = now_ms_;
  turns_for(900);
  EXPECT_EQ(waiting_since(), reopened);
}

TEST_F(PunctualityTest, NoAgeIsKnownAcrossASettingOfTheWallClock) {
  for (const std::int64_t step_ms : {60'000, -60'000, 1'001, -1'001}) {
    turns_for(2'000);
    wall_ahead_ms_ += step_ms;
    now_ms_ += 50;
    EXPECT_EQ(measurable_from(), now_ms_) << step_ms << ": from the first that is read";
    EXPECT_EQ(waiting_since(), now_ms_ - 50) << step_ms;
  }
}

TEST_F(PunctualityTest, AWallClockThatIsSlewedIsNotSet) {
  for (int i = 0; i < 1'000; ++i) {
    wall_ahead_ms_ += 10;
    turn(100);
  }
  EXPECT_EQ(measurable_from(), kOpened);
}

}  // namespace
}  // namespace quotemill::transport
