// What time does to hosts, and what the clocks of walls do not.
#include <gmock/gmock.h>

#include "tests/engine/pipeline/committer_fixture.h"

namespace quotemill {
namespace {

using testing::codes;
using testing::CommitterTest;
using ::testing::ElementsAre;
using testing::EvidenceDraft;
using testing::kInterval;
using testing::kStaleAfter;

TEST_F(CommitterTest, TurnsAHostStaleWhenItsVerdictIsTooOld) {
  engine.attest(host);
  engine.clock.advance(kStaleAfter - 1);
  engine.settle();
  EXPECT_EQ(trust(), TrustState::kTrusted);
  engine.clock.advance(1);
  engine.settle();
  const HostState state = engine.state(host);
  EXPECT_EQ(state.state, TrustState::kStale);
  EXPECT_EQ(state.verdict.state, TrustState::kStale);
  EXPECT_EQ(state.sequence, 1U) << "time is no attestation";
  EXPECT_THAT(codes(state.verdict.findings), ElementsAre(FindingCode::kStaleNoContact));
  const Change change = engine.changes.all().back();
  EXPECT_EQ(change.previous, TrustState::kTrusted);
  EXPECT_EQ(change.current, TrustState::kStale);
  EXPECT_TRUE(change.evidence.is_filled_with(0)) << "time alone made it";
  EXPECT_THAT(codes(change.reasons), ElementsAre(FindingCode::kStaleNoContact));
}

TEST_F(CommitterTest, TurnsAFailedHostStaleToo) {
  engine.attest(host, [](EvidenceDraft& draft) { draft.extra_data = Bytes(32, 0); });
  EXPECT_EQ(trust(), TrustState::kFailed);
  engine.clock.advance(kStaleAfter);
  engine.settle();
  EXPECT_EQ(trust(), TrustState::kStale);
}

TEST_F(CommitterTest, CountsStalenessFromTheIssueOfTheNonce) {
  Submission submission = engine.submission(host);
  submission.boot_log = host.log();
  engine.clock.advance(50'000);  // the host was slow
  engine.commit(engine.judge(std::move(submission)));
  engine.clock.advance(kStaleAfter - 50'000);
  engine.settle();
  EXPECT_EQ(trust(), TrustState::kStale);
}

TEST_F(CommitterTest, StaysFreshWhileTheHostAttests) {
  engine.attest(host);
  for (int i = 0; i < 10; ++i) {
    engine.clock.advance(kStaleAfter - 1000);
    host.clock.clock_ms += kStaleAfter - 1000;
    engine.attest(host);
    engine.settle();
    EXPECT_EQ(trust(), TrustState::kTrusted);
  }
  EXPECT_EQ(engine.changes.all().size(), 1U);
}

TEST_F(CommitterTest, IsTrustedAgainAfterAFreshAttestation) {
  engine.attest(host);
  engine.clock.advance(kStaleAfter);
  engine.settle();
  engine.attest(host);
  EXPECT_EQ(trust(), TrustState::kTrusted);
  engine.clock.advance(kStaleAfter);
  engine.settle();
  EXPECT_EQ(trust(), TrustState::kStale) << "and stale again if it is silent again";
  EXPECT_EQ(engine.changes.all().size(), 4U);
}

// Wall clocks are set by people and NTP; deadlines use the clock that cannot be set.
TEST_F(CommitterTest, NeverTurnsAHostStaleBecauseTheWallClockWasSet) {
  Submission submission = engine.submission(host);
  submission.boot_log = host.log();
  engine.clock.step_wall(86'400'000);
  engine.commit(engine.judge(std::move(submission)));
  engine.settle();
  EXPECT_EQ(trust(), TrustState::kTrusted);
  engine.clock.advance(kStaleAfter);
  engine.settle();
  EXPECT_EQ(trust(), TrustState::kStale);
}

TEST_F(CommitterTest, NeverKeepsAHostFreshBecauseTheWallClockWasSetBack) {
  Submission submission = engine.submission(host);
  submission.boot_log = host.log();
  engine.clock.step_wall(-86'400'000);
  engine.commit(engine.judge(std::move(submission)));
  engine.clock.advance(kStaleAfter);
  engine.settle();
  EXPECT_EQ(trust(), TrustState::kStale);
}

// Forth and back again, while a host attests as it should and then falls silent.
TEST_F(CommitterTest, ClocksThatJumpAnHourOrAYearMakeNoChangeAndHideNone) {
  constexpr std::int64_t kHour = 3'600'000;
  constexpr std::int64_t kYear = 365 * 24 * kHour;
  engine.attest(host);
  for (const std::int64_t jump : {kHour, -kHour, -kHour, kHour, kYear, -kYear, -kYear, kYear}) {
    engine.clock.step_wall(jump);
    engine.settle();
    ASSERT_EQ(trust(), TrustState::kTrusted) << jump;
    engine.clock.advance(kInterval);
    engine.attest(host);
    ASSERT_EQ(trust(), TrustState::kTrusted) << jump;
  }
  EXPECT_EQ(engine.changes.all().size(), 1U) << "nobody was woken by it";
  std::int64_t before = INT64_MAX;
  for (const HistoryEntry& entry : *engine.store.history(host.record().uid, 0, 100)) {
    EXPECT_LE(entry.time.ms, before) << "stored times never go back";
    before = entry.run ? entry.run->first_time.ms : entry.time.ms;
  }
  engine.clock.step_wall(-kYear);
  engine.clock.advance(kStaleAfter);
  engine.settle();
  EXPECT_EQ(trust(), TrustState::kStale) << "silence is told whatever the wall clock says";
  EXPECT_EQ(engine.changes.all().size(), 2U);
}

TEST_F(CommitterTest, NeverLetsStoredTimesGoBack) {
  engine.attest(host);
  engine.clock.step_wall(-3'600'000);
  engine.attest(host);
  const auto history = *engine.store.history(host.record().uid, 0, 10);
  ASSERT_EQ(history.size(), 1U);
  EXPECT_EQ(history[0].count(), 2U);
  EXPECT_GT(history[0].time, history[0].run->first_time);
}

TEST_F(CommitterTest, TriesAgainToTurnAHostStaleWhenTheStoreFailed) {
  engine.attest(host);
  engine.clock.advance(kStaleAfter);
  engine.store.fail_next_commit();
  engine.settle();
  EXPECT_EQ(trust(), TrustState::kTrusted) << "not durable";
  engine.clock.advance(2000);
  engine.settle();
  EXPECT_EQ(trust(), TrustState::kStale);
  EXPECT_EQ(engine.changes.all().back().sequence, 2U);
}

TEST_F(CommitterTest, TurnsNoHostStaleAtStartUpBeforeItsInterval) {
  engine.attest(host);
  engine.committer.stop();
  engine.clock.advance(100 * kStaleAfter);  // we were away for long
  Committer committer({engine.store, engine.hosts, engine.replies, engine.changes, engine.clock,
                       engine.nonces, *engine.policies, engine.counters},
                      CommitterStart{"stream", 1, {}, {}, 1});
  committer.start();
  const auto settle = [&] {
    for (int i = 0; i < 2; ++i) {
      ASSERT_TRUE(committer.change(
          [](const RegistryView&) -> Result<IdentityUpdate> { return IdentityUpdate{}; }));
    }
  };
  engine.clock.advance(kInterval);
  settle();
  EXPECT_EQ(trust(), TrustState::kTrusted);
  engine.clock.advance(kInterval);
  settle();
  EXPECT_EQ(trust(), TrustState::kStale);
}

TEST_F(CommitterTest, TurnsNoRetiredHostStale) {
  engine.attest(host);
  host.record().life_cycle = LifeCycle::kRetired;
  engine.put(host, false);
  engine.clock.advance(10 * kStaleAfter);
  engine.settle();
  EXPECT_EQ(engine.changes.all().size(), 1U) << "nobody is paged for a host that was sent home";
}

TEST_F(CommitterTest, TurnsARetiredHostStaleOnceItIsBack) {
  engine.attest(host);
  host.record().life_cycle = LifeCycle::kRetired;
  engine.put(host, false);
  engine.clock.advance(10 * kStaleAfter);
  engine.settle();
  host.record().life_cycle = LifeCycle::kActive;
  engine.put(host, false);
  engine.clock.advance(2 * kInterval);
  engine.settle();
  EXPECT_EQ(trust(), TrustState::kStale) << "an old green must not come back to stay";
}

}  // namespace
}  // namespace quotemill
