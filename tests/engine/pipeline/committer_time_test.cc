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
using testing::SoftwareHost;

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
  const std::vector<HistoryEntry> appraisals = *engine.store.history(host.record().uid, 0, 100);
  for (const HistoryEntry& entry : appraisals) {
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
  EXPECT_GE(history[0].time, history[0].run->first_time);
}

// A millisecond for each would date a fleet of 100,000 hosts that attest every minute a day ahead
// within two.
TEST_F(CommitterTest, NoFleetIsTooLargeToBeDatedByTheClock) {
  const std::vector<SoftwareHost> fleet = enrolled(10);
  engine.clock.advance(1'000);  // beyond what enrolling them took
  std::vector<Judgement> batch;
  for (const SoftwareHost& each : fleet) {
    batch.push_back(good_judgement(each));
  }
  engine.commit(std::move(batch));
  for (const SoftwareHost& each : fleet) {
    const HostState state = engine.state(each);
    EXPECT_EQ(state.judged, engine.clock.now().wall);
    EXPECT_EQ(engine.store.history(each.record().uid, 0, 1)->front().time, state.judged);
  }
}

TEST_F(CommitterTest, TriesAgainToTurnAHostStaleWhenTheStoreFailed) {
  engine.attest(host);
  engine.clock.advance(kStaleAfter);
  engine.store.fail_next_commit();
  engine.settle();
  EXPECT_EQ(engine.changes.all().size(), 1U) << "not durable";
  engine.clock.advance(2000);
  engine.settle();
  EXPECT_EQ(trust(), TrustState::kStale);
  EXPECT_EQ(engine.changes.all().back().sequence, 2U);
  EXPECT_EQ(engine.changes.all().back().previous, TrustState::kTrusted);
}

// The disk is full, and the host falls silent: whoever asks must not be told that it is trusted.
TEST_F(CommitterTest, Hostile_AStoreThatRefusesKeepsNobodyTrusted) {
  engine.attest(host);
  engine.clock.advance(kStaleAfter);
  refuse_writes(true);
  engine.settle();
  EXPECT_EQ(trust(), TrustState::kStale) << "shown, before it is recorded";
  EXPECT_EQ(engine.hosts.counts().at(static_cast<std::size_t>(TrustState::kTrusted)), 0U);
  engine.clock.advance(kStaleAfter);
  engine.settle();
  EXPECT_EQ(trust(), TrustState::kStale);
  EXPECT_EQ(engine.changes.all().size(), 1U) << "no edge that is not durable";
}

// It was there all the time, and could not be receipted: no edge, and no gap in its changes.
TEST_F(CommitterTest, AHostThatIsBackWhenTheStoreIsWasNeverSilent) {
  engine.attest(host);
  refuse_writes(true);
  EXPECT_EQ(engine.attest(host).kind, ReplyKind::kError);
  engine.clock.advance(kStaleAfter);
  engine.settle();
  EXPECT_EQ(trust(), TrustState::kStale);
  refuse_writes(false);
  engine.attest(host);
  EXPECT_EQ(trust(), TrustState::kTrusted);
  EXPECT_EQ(engine.changes.all().size(), 1U);
  EXPECT_EQ(engine.state(host).host_changes, 1U);
}

// What passed while the store refused is our time: a fleet is not silent because a disk was full.
TEST_F(CommitterTest, AnOutageOfOursCountsAgainstNoHost) {
  engine.attest(host);
  engine.clock.advance(kInterval);
  refuse_writes(true);
  EXPECT_EQ(engine.attest(host).kind, ReplyKind::kError);
  engine.clock.advance(10 * kStaleAfter);
  engine.settle();
  refuse_writes(false);
  engine.clock.advance(1'000);  // it is asked again
  engine.settle();
  EXPECT_EQ(engine.changes.all().size(), 1U) << "no edge: nobody could have been receipted";
  EXPECT_EQ(trust(), TrustState::kStale) << "nor is it shown as trusted again";
  engine.clock.advance(kStaleAfter - kInterval - 1'000);
  engine.settle();
  EXPECT_EQ(engine.changes.all().size(), 1U);
  engine.clock.advance(2'000);
  engine.settle();
  ASSERT_EQ(engine.changes.all().size(), 2U) << "its own silence counts as ever";
  EXPECT_EQ(engine.changes.all().back().current, TrustState::kStale);
}

// A machine that was stopped, or a store that hung.
TEST_F(CommitterTest, APauseOfOursCountsAgainstNoHost) {
  engine.attest(host);
  engine.committer.stop();
  CommitterStart start{"stream", 1, {}, {}, 1};
  start.pause_ms = 10'000;
  Committer committer({engine.store, engine.hosts, engine.replies, engine.changes, engine.clock,
                       engine.nonces, *engine.policies, engine.counters},
                      std::move(start));
  committer.start();
  const auto pass = [&](std::int64_t ms, std::int64_t step) {
    for (std::int64_t passed = 0; passed < ms; passed += step) {
      engine.clock.advance(step);
      ASSERT_TRUE(committer.change(
          [](const RegistryView&) -> Result<IdentityUpdate> { return IdentityUpdate{}; }));
      ASSERT_TRUE(committer.change(
          [](const RegistryView&) -> Result<IdentityUpdate> { return IdentityUpdate{}; }));
    }
  };
  pass(100 * kStaleAfter, 100 * kStaleAfter);
  EXPECT_EQ(trust(), TrustState::kTrusted);
  pass(kStaleAfter - 5'000, 5'000);
  EXPECT_EQ(trust(), TrustState::kTrusted);
  pass(5'000, 5'000);
  EXPECT_EQ(trust(), TrustState::kStale) << "and no longer than the pause";
}

// What ended stays ended: revoked software must not be trusted because a clock was set back.
TEST_F(CommitterTest, Hostile_NoClockThatIsSetBackRevivesWhatHasEnded) {
  auto values = std::make_shared<Baseline>(*baseline_of(host));
  ReferenceValue value;
  value.kind = ReferenceKind::kEvent;
  value.digest = Digest(HashAlgorithm::kSha256);
  value.valid_until = WallTime{engine.clock.now().wall.ms + 60'000};
  values->name = "limited";
  values->values = {value};
  ASSERT_TRUE(engine.committer.change([&](const RegistryView&) -> Result<IdentityUpdate> {
    IdentityUpdate update;
    update.baseline = values;
    return update;
  }));
  const auto turns = [&] { return engine.policies->turns(); };
  engine.settle();
  const std::uint64_t before = turns();
  engine.clock.advance(60'000);
  engine.settle();
  EXPECT_EQ(turns(), before + 1) << "it ended";
  engine.clock.step_wall(-86'400'000);
  engine.settle();
  EXPECT_EQ(turns(), before + 1) << "and stays ended";
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
