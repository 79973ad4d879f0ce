#include "engine/rollout/convergence.h"

#include <gtest/gtest.h>

#include "tests/engine/rollout/rollout_fixture.h"

namespace quotemill {
namespace {

class ConvergenceTest : public ::testing::Test {
 protected:
  ConvergenceTest() { record_.life_cycle = LifeCycle::kActive; }

  void judged(TrustState trust, std::optional<FindingCode> code, const char* about = "image-2") {
    state_.state = trust;
    state_.verdict.findings.clear();
    if (code) {
      Finding finding;
      finding.code = *code;
      finding.severity = Severity::kInfo;
      finding.subject = about;
      state_.verdict.findings.push_back(finding);
    }
  }

  Convergence now(std::uint32_t wave = 0) {
    return convergence_of(rollout_, wave, &record_, &state_);
  }

  const Rollout rollout_ = *start_rollout(testing::sample_request(), {}, {1'000});
  HostRecord record_;
  HostState state_;
};

TEST_F(ConvergenceTest, IsWhatTheLastVerdictSays) {
  judged(TrustState::kTrusted, FindingCode::kRolloutOld);
  EXPECT_EQ(now(), Convergence::kStillOld);
  judged(TrustState::kTrusted, FindingCode::kRolloutNew);
  EXPECT_EQ(now(), Convergence::kConverged);
  judged(TrustState::kWarning, FindingCode::kRolloutMixed);
  EXPECT_EQ(now(), Convergence::kMixed);
  judged(TrustState::kFailed, FindingCode::kRolloutOther);
  EXPECT_EQ(now(), Convergence::kFailed);
}

TEST_F(ConvergenceTest, WhoIsOnTheNewSetAndFailedOtherwiseHasFailed) {
  judged(TrustState::kFailed, FindingCode::kRolloutNew);
  EXPECT_EQ(now(), Convergence::kFailed);
  judged(TrustState::kFailed, FindingCode::kRolloutOld);
  EXPECT_EQ(now(), Convergence::kStillOld) << "after the deadline";
  judged(TrustState::kFailed, std::nullopt);
  EXPECT_EQ(now(), Convergence::kFailed) << "no quote, no boot";
}

TEST_F(ConvergenceTest, VerdictsOfBeforeOrOfAnotherRolloutSayNothing) {
  judged(TrustState::kTrusted, std::nullopt);
  EXPECT_EQ(now(), Convergence::kWaiting);
  judged(TrustState::kTrusted, FindingCode::kRolloutNew, "image-1");
  EXPECT_EQ(now(), Convergence::kWaiting);
  judged(TrustState::kTrusted, FindingCode::kRolloutNew);
  EXPECT_EQ(now(1), Convergence::kWaiting) << "its wave is not open";
}

TEST_F(ConvergenceTest, SilentAndGoneHostsAreToldApart) {
  judged(TrustState::kStale, std::nullopt);
  EXPECT_EQ(now(), Convergence::kSilent);
  record_.life_cycle = LifeCycle::kRetired;
  EXPECT_EQ(now(), Convergence::kGone);
  EXPECT_EQ(convergence_of(rollout_, 0, nullptr, nullptr), Convergence::kGone);
}

TEST(RolloutCounts, CountEachHostOnce) {
  RolloutCounts counts;
  for (const Convergence each :
       {Convergence::kStillOld, Convergence::kConverged, Convergence::kMixed, Convergence::kFailed,
        Convergence::kSilent, Convergence::kWaiting, Convergence::kGone}) {
    count(each, counts);
  }
  EXPECT_EQ(counts, (RolloutCounts{1, 1, 1, 1, 1, 1, 1}));
}

}  // namespace
}  // namespace quotemill
