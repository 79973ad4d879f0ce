#include "engine/rollout/cohort.h"

#include <gtest/gtest.h>

#include "engine/rollout/limits.h"
#include "tests/engine/rollout/rollout_fixture.h"

namespace quotemill {
namespace {

using testing::host_uid;
using testing::host_uids;

TEST(Cohort, KnowsTheWaveOfEachHostAndOfNobodyElse) {
  const Cohort cohort = *Cohort::create(in_waves(host_uids(30), {5, 10}));
  EXPECT_EQ(cohort.waves(), 3U);
  EXPECT_EQ(cohort.wave_of(host_uid(0)), 0U);
  EXPECT_EQ(cohort.wave_of(host_uid(4)), 0U);
  EXPECT_EQ(cohort.wave_of(host_uid(5)), 1U);
  EXPECT_EQ(cohort.wave_of(host_uid(15)), 2U);
  EXPECT_EQ(cohort.wave_of(host_uid(29)), 2U);
  EXPECT_EQ(cohort.wave_of(host_uid(30)), std::nullopt);
}

TEST(Cohort, IsNoneWithoutHosts) {
  EXPECT_EQ(Cohort::create({}).error().code, ErrorCode::kConfig);
}

TEST(Cohort, HasEachHostOnce) {
  EXPECT_EQ(Cohort::create({{host_uid(1), 0}, {host_uid(1), 1}}).error().code, ErrorCode::kConfig);
}

TEST(Cohort, HasNoEmptyWaveAndNoneBeyondTheBound) {
  EXPECT_FALSE(Cohort::create({{host_uid(1), 0}, {host_uid(2), 2}}));
  EXPECT_FALSE(Cohort::create({{host_uid(1), limits::kRolloutWavesMax}}));
}

TEST(Cohort, SizesBeyondTheLastHostMakeNoWaves) {
  EXPECT_EQ(Cohort::create(in_waves(host_uids(5), {5, 10, 20}))->waves(), 1U);
  EXPECT_EQ(Cohort::create(in_waves(host_uids(6), {5, 10, 20}))->waves(), 2U);
}

TEST(Cohort, FindsAHostThatIsInBoth) {
  const Cohort low = *Cohort::create({{host_uid(1)}, {host_uid(3)}, {host_uid(5)}});
  EXPECT_EQ(low.shared_with(*Cohort::create({{host_uid(2)}, {host_uid(5)}})), host_uid(5));
  EXPECT_EQ(low.shared_with(*Cohort::create({{host_uid(2)}, {host_uid(4)}})), std::nullopt);
}

}  // namespace
}  // namespace quotemill
