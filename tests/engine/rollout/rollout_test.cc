#include "engine/rollout/rollout.h"

#include <gtest/gtest.h>

#include "engine/rollout/limits.h"
#include "tests/engine/rollout/rollout_fixture.h"

namespace quotemill {
namespace {

using testing::host_uid;
using testing::host_uids;
using testing::sample_request;

Rollout started() {
  return *start_rollout(sample_request(), {}, {1'000});
}

Rollouts kept(Rollout rollout) {
  return {std::make_shared<const Rollout>(std::move(rollout))};
}

TEST(Rollout, AcceptsBothSetsOfItsFirstWaveOnly) {
  const Rollout rollout = started();
  EXPECT_EQ(accepts(rollout, host_uid(4)), RolloutAccepts::kBoth);
  EXPECT_EQ(accepts(rollout, host_uid(5)), RolloutAccepts::kNothing) << "the second wave";
  EXPECT_EQ(accepts(rollout, host_uid(30)), RolloutAccepts::kNothing) << "outside";
}

TEST(Rollout, OpensWavesByHandUntilAllAre) {
  Rollout rollout = *extend_rollout(started(), {{}, true}, {2'000});
  EXPECT_EQ(accepts(rollout, host_uid(14)), RolloutAccepts::kBoth);
  rollout = *extend_rollout(rollout, {{}, true}, {3'000});
  EXPECT_EQ(accepts(rollout, host_uid(29)), RolloutAccepts::kBoth);
  EXPECT_EQ(extend_rollout(rollout, {{}, true}, {4'000}).error().code, ErrorCode::kConflict);
}

TEST(Rollout, OpensWavesByTimeHoweverLateAnybodyLooks) {
  RolloutRequest request = sample_request();
  request.wave_every_ms = 60'000;
  const Rollout rollout = *start_rollout(request, {}, {1'000});
  EXPECT_FALSE(advance_rollout(rollout, {60'999}));
  EXPECT_EQ(advance_rollout(rollout, {61'000})->waves_open, 2U);
  EXPECT_EQ(advance_rollout(rollout, {200'000})->waves_open, 3U);
  EXPECT_EQ(advance_rollout(rollout, {200'000})->wave_opened.ms, 121'000);
}

TEST(Rollout, NoWaveIsOpenedAfterTheDeadline) {
  RolloutRequest request = sample_request();
  request.wave_every_ms = 60'000;
  request.deadline = {90'000};
  const std::optional<Rollout> late =
      advance_rollout(*start_rollout(request, {}, {1'000}), {1'000'000});
  EXPECT_EQ(late->waves_open, 2U);
  EXPECT_EQ(late->phase, RolloutPhase::kOverdue);
}

TEST(Rollout, AfterTheDeadlineOnlyTheNewSetCounts) {
  const Rollout rollout = started();
  EXPECT_FALSE(advance_rollout(rollout, {3'600'999}));
  const std::optional<Rollout> overdue = advance_rollout(rollout, {3'601'000});
  ASSERT_TRUE(overdue);
  EXPECT_EQ(accepts(*overdue, host_uid(4)), RolloutAccepts::kNew);
  EXPECT_EQ(accepts(*overdue, host_uid(5)), RolloutAccepts::kNothing) << "its wave never opened";
  EXPECT_FALSE(advance_rollout(*overdue, {9'000'000})) << "once";
}

TEST(Rollout, ALaterDeadlineOpensItAgain) {
  const Rollout overdue = *advance_rollout(started(), {3'601'000});
  EXPECT_EQ(extend_rollout(overdue, {{}, true}, {3'700'000}).error().code, ErrorCode::kConflict);
  const Rollout again = *extend_rollout(overdue, {WallTime{9'000'000}, true}, {3'700'000});
  EXPECT_EQ(again.phase, RolloutPhase::kOpen);
  EXPECT_EQ(again.waves_open, 2U);
}

TEST(Rollout, IsNotStartedOnAnEmptyCohort) {
  RolloutRequest request = sample_request();
  request.cohort.clear();
  EXPECT_EQ(start_rollout(request, {}, {1'000}).error().code, ErrorCode::kConfig);
}

TEST(Rollout, IsNotStartedOrExtendedWithADeadlineInThePast) {
  RolloutRequest request = sample_request();
  request.deadline = {1'000};
  EXPECT_EQ(start_rollout(request, {}, {1'000}).error().code, ErrorCode::kConfig);
  request.deadline = {1'001 + limits::kRolloutMsMax};
  EXPECT_EQ(start_rollout(request, {}, {1'000}).error().code, ErrorCode::kConfig);
  EXPECT_EQ(extend_rollout(started(), {WallTime{1'500}, false}, {2'000}).error().code,
            ErrorCode::kConfig);
  EXPECT_EQ(extend_rollout(started(), {WallTime{3'000'000}, false}, {2'000}).error().code,
            ErrorCode::kConfig)
      << "not later";
}

TEST(Rollout, SharesNoHostWithAnotherLiveOne) {
  RolloutRequest other = sample_request();
  other.name = "other";
  other.cohort = in_waves({host_uid(29), host_uid(31)}, {});
  EXPECT_EQ(start_rollout(other, kept(started()), {2'000}).error().code, ErrorCode::kConflict);
  other.cohort = in_waves({host_uid(31)}, {});
  EXPECT_TRUE(start_rollout(other, kept(started()), {2'000}));
  other.cohort = in_waves({host_uid(29)}, {});
  EXPECT_TRUE(start_rollout(
      other, kept(*end_rollout(started(), RolloutPhase::kAborted, "bob", {1'500})), {2'000}))
      << "that one ended";
}

TEST(Rollout, GivesItsNameAwayOnce) {
  const Rollouts ended = kept(*end_rollout(started(), RolloutPhase::kAborted, "bob", {1'500}));
  EXPECT_EQ(start_rollout(sample_request(), ended, {2'000}).error().code, ErrorCode::kConflict);
}

TEST(Rollout, EndsOnceAndSaysWhoEndedIt) {
  const Rollout ended = *end_rollout(started(), RolloutPhase::kPromoted, "bob", {2'000});
  EXPECT_EQ(ended.ended_by, "bob");
  EXPECT_EQ(ended.ended.ms, 2'000);
  EXPECT_EQ(accepts(ended, host_uid(4)), RolloutAccepts::kNothing);
  EXPECT_EQ(end_rollout(ended, RolloutPhase::kAborted, "eve", {3'000}).error().code,
            ErrorCode::kConflict);
  EXPECT_EQ(extend_rollout(ended, {WallTime{9'000'000}, false}, {3'000}).error().code,
            ErrorCode::kConflict);
  EXPECT_FALSE(advance_rollout(ended, {9'000'000}));
}

// Whether the daemon looks at the clock before the operator's command comes, or behind it.
TEST(Rollout, WhatIsDoneInTheMomentOfItsDeadlineHasOneResult) {
  RolloutRequest request = sample_request();
  request.wave_every_ms = 1'200'000;
  const Rollout rollout = *start_rollout(request, {}, {1'000});
  const WallTime deadline = rollout.deadline;
  const Rollout looked_at = *advance_rollout(rollout, deadline);
  for (const RolloutPhase as : {RolloutPhase::kPromoted, RolloutPhase::kAborted}) {
    const Rollout first = *end_rollout(rollout, as, "bob", deadline);
    const Rollout later = *end_rollout(looked_at, as, "bob", deadline);
    EXPECT_EQ(first.phase, as);
    EXPECT_EQ(later.phase, as);
    EXPECT_EQ(first.waves_open, 3U) << "those that were due";
    EXPECT_EQ(later.waves_open, first.waves_open);
    EXPECT_EQ(later.wave_opened, first.wave_opened);
    EXPECT_EQ(later.ended, first.ended);
    EXPECT_EQ(later.last, first.last);
    EXPECT_FALSE(advance_rollout(first, deadline)) << "nor does time change it again";
  }
  for (const Rollout& one : {started(), *advance_rollout(started(), deadline)}) {
    EXPECT_EQ(extend_rollout(one, {{}, true}, deadline).error().code, ErrorCode::kConflict)
        << "it is overdue";
    EXPECT_EQ(extend_rollout(one, {WallTime{deadline.ms + 1}, true}, deadline)->phase,
              RolloutPhase::kOpen);
  }
}

TEST(Rollout, ItsTimeNeverGoesBack) {
  const Rollout rollout = *extend_rollout(started(), {{}, true}, {5'000'00});
  const Rollout back = *extend_rollout(rollout, {{}, true}, {1});
  EXPECT_EQ(back.last.ms, 500'000);
  EXPECT_EQ(back.wave_opened.ms, 500'000);
}

TEST(Rollout, KeepsCountsOverTimeWithinABound) {
  Rollout rollout = started();
  RolloutCounts counts;
  for (std::int64_t i = 0; i < 2'000; ++i) {
    counts.converged = static_cast<std::uint64_t>(i) + 1;
    rollout = *sample_rollout(rollout, counts, {2'000 + i});
    EXPECT_LE(rollout.samples.size(), limits::kRolloutSamplesMax);
  }
  EXPECT_EQ(rollout.samples.back().counts.converged, 2'000U);
  EXPECT_GT(rollout.samples.size(), limits::kRolloutSamplesMax / 4);
  for (std::size_t i = 1; i < rollout.samples.size(); ++i) {
    EXPECT_LT(rollout.samples[i - 1].time, rollout.samples[i].time);
  }
  EXPECT_FALSE(sample_rollout(rollout, counts, {9'000})) << "nothing new";
}

TEST(RolloutClock, GoesOnWhateverTheWallClockIsSetTo) {
  const RolloutClock clock({{1'000'000}, {500}}, {});
  EXPECT_EQ(clock.at({{1'000'000}, {600}}).ms, 1'000'100);
  EXPECT_EQ(clock.at({{99'000'000}, {700}}).ms, 1'000'200) << "set ahead";
  EXPECT_EQ(clock.at({{1}, {800}}).ms, 1'000'300) << "set back";
}

TEST(RolloutClock, ARestartDoesNotTakeItBackBehindTheLastChange) {
  const Rollouts rollouts = kept(*extend_rollout(started(), {{}, true}, {700'000}));
  EXPECT_EQ(RolloutClock({{5}, {10}}, rollouts).at({{5}, {11}}).ms, 700'001);
}

}  // namespace
}  // namespace quotemill
