// Policies that give hosts less or more time than they had, and hosts that say nothing meanwhile.
#include <optional>

#include <gmock/gmock.h>

#include "engine/verdict/verdict_validity.h"
#include "tests/engine/pipeline/committer_fixture.h"

namespace quotemill {
namespace {

using testing::codes;
using testing::CommitterTest;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::kStaleAfter;

constexpr std::int64_t kMinute = 60'000;
constexpr std::int64_t kHour = 60 * kMinute;

class FreshnessTest : public CommitterTest {
 protected:
  // Long after the start, so that it is nobody's excuse.
  FreshnessTest() {
    engine.clock.advance(kHour);
    engine.attest(host);
  }

  void pass(std::int64_t ms) {
    engine.clock.advance(ms);
    engine.settle();
  }

  // Another one over the same store, as after a restart.
  void restart() {
    engine.committer.stop();
    again.emplace(CommitterPorts{engine.store, engine.hosts, engine.replies, engine.changes,
                                 engine.clock, engine.nonces, *engine.policies, engine.counters},
                  CommitterStart{"stream", engine.changes.all().size(), {}, {}, 1});
    again->start();
    settle_again();
  }

  void settle_again() {
    for (int i = 0; i < 2; ++i) {
      ASSERT_TRUE(again->change(
          [](const RegistryView&) -> Result<IdentityUpdate> { return IdentityUpdate{}; }));
    }
  }

  void apply_again(const std::string& text) {
    ASSERT_TRUE(again->change([&](const RegistryView& view) -> Result<IdentityUpdate> {
      PolicyRequest request;
      request.apply = {text};
      request.may_go_back = true;
      IdentityUpdate update;
      update.policies = *engine.policies->plan(request, view.now.wall);
      return update;
    }));
  }

  std::optional<Committer> again;
};

TEST_F(FreshnessTest, Hostile_LessTimeReachesAHostThatIsSilent) {
  pass(10'000);
  apply({with_freshness(60)});
  pass(50'000 - 1);
  EXPECT_EQ(trust(), TrustState::kTrusted);
  pass(1);
  EXPECT_EQ(trust(), TrustState::kStale);
  EXPECT_EQ(engine.changes.all().back().current, TrustState::kStale);
}

TEST_F(FreshnessTest, HistorySaysThatAPolicyMadeItStale) {
  apply({with_freshness(60)});
  EXPECT_THAT(revisions(), IsEmpty()) << "nothing is written of a host that may yet attest";
  pass(kMinute);
  const std::vector<VerdictRevision> written = revisions();
  ASSERT_EQ(written.size(), 1U);
  EXPECT_EQ(written[0].cause, RevisionCause::kFreshness);
  EXPECT_EQ(written[0].sequence, 1U);
  const Verdict& verdict = written[0].verdict;
  EXPECT_EQ(verdict.state, TrustState::kStale);
  EXPECT_EQ(validity_of(verdict), kMinute);
  EXPECT_EQ(verdict.snapshot, engine.snapshot()->id());
  EXPECT_THAT(codes(verdict.findings), ElementsAre(FindingCode::kStaleNoContact));
  EXPECT_EQ(verdict.findings[0].expected_number, 60U);
  EXPECT_EQ(engine.state(host).verdict.valid_until, verdict.valid_until);
}

TEST_F(FreshnessTest, WhoseTimeIsOverByThenIsStaleAtOnce) {
  pass(2 * kMinute);
  apply({with_freshness(60)});
  EXPECT_EQ(trust(), TrustState::kStale);
  EXPECT_EQ(engine.changes.all().size(), 2U);
}

TEST_F(FreshnessTest, MoreTimeCountsForASilentHostToo) {
  apply({with_freshness(600)});
  pass(kStaleAfter);
  EXPECT_EQ(trust(), TrustState::kTrusted);
  const std::vector<VerdictRevision> written = revisions();
  ASSERT_EQ(written.size(), 1U) << "or history would say that it was stale";
  EXPECT_EQ(written[0].cause, RevisionCause::kFreshness);
  EXPECT_EQ(written[0].verdict.state, TrustState::kTrusted);
  EXPECT_EQ(validity_of(written[0].verdict), 600'000);
  EXPECT_EQ(engine.changes.all().size(), 1U) << "no change of trust";
  pass(600'000 - kStaleAfter - 1);
  EXPECT_EQ(trust(), TrustState::kTrusted);
  pass(1);
  EXPECT_EQ(trust(), TrustState::kStale);
  EXPECT_EQ(revisions().size(), 1U) << "it was said before";
}

TEST_F(FreshnessTest, TimeThatWasGivenIsTakenAgain) {
  apply({with_freshness(600)});
  pass(kStaleAfter + kMinute);
  ASSERT_EQ(trust(), TrustState::kTrusted);
  apply({with_freshness(60)});
  EXPECT_EQ(trust(), TrustState::kStale);
  ASSERT_EQ(revisions().size(), 2U);
  EXPECT_EQ(revisions().front().verdict.state, TrustState::kStale);
}

TEST_F(FreshnessTest, ATakenPolicyThatIsGivenBackLeavesNoTrace) {
  apply({with_freshness(60)});
  apply({with_freshness(20)});
  apply({with_freshness(kStaleAfter / 1'000)});
  pass(kStaleAfter - 1);
  EXPECT_EQ(trust(), TrustState::kTrusted);
  pass(1);
  EXPECT_EQ(trust(), TrustState::kStale);
  EXPECT_THAT(revisions(), IsEmpty());
}

TEST_F(FreshnessTest, AWithdrawnPolicyGivesAndTakesNoTimeAnyMore) {
  const std::string strict =
      "[policy]\nid = \"strict\"\npriority = 1\n[freshness]\nattest_every = \"10s\"\n"
      "stale_after = \"60s\"\n";
  apply({strict});
  apply({}, {"strict"});
  pass(kStaleAfter - 1);
  EXPECT_EQ(trust(), TrustState::kTrusted);
  apply({strict});
  EXPECT_EQ(trust(), TrustState::kStale);
}

TEST_F(FreshnessTest, Hostile_ALabelThatBringsAHostUnderAnotherPolicyCountsAtOnce) {
  apply(
      {"[policy]\nid = \"strict\"\npriority = 1\n[match]\nlabels = [\"env=prod\"]\n"
       "[freshness]\nattest_every = \"10s\"\nstale_after = \"60s\"\n"});
  pass(30'000);
  host.record().labels = {{"env", "prod"}};
  engine.put(host, false);
  pass(30'000 - 1);
  EXPECT_EQ(trust(), TrustState::kTrusted);
  pass(1);
  EXPECT_EQ(trust(), TrustState::kStale);
  ASSERT_EQ(revisions().size(), 1U);
  EXPECT_EQ(revisions().front().cause, RevisionCause::kFreshness);
}

TEST_F(FreshnessTest, Hostile_AHostThatComesBackHasTheTimeOfItsPolicy) {
  host.record().life_cycle = LifeCycle::kRetired;
  engine.put(host, false);
  apply({with_freshness(60)});
  pass(10'000);
  host.record().life_cycle = LifeCycle::kActive;
  engine.put(host, false);
  pass(50'000 - 1);
  EXPECT_EQ(trust(), TrustState::kTrusted);
  pass(1);
  EXPECT_EQ(trust(), TrustState::kStale);
}

TEST_F(FreshnessTest, AHostThatAttestsHasTheTimeOfItsNewPolicy) {
  apply({with_freshness(60)});
  pass(50'000);
  engine.attest(host);
  EXPECT_EQ(validity_of(engine.state(host).verdict), kMinute);
  pass(kMinute - 1);
  EXPECT_EQ(trust(), TrustState::kTrusted);
  pass(1);
  EXPECT_EQ(trust(), TrustState::kStale);
  EXPECT_THAT(revisions(), IsEmpty()) << "the appraisal itself says so";
}

TEST_F(FreshnessTest, ARestartKeepsTheTimeThatAPolicyGives) {
  apply({with_freshness(60)});
  pass(10'000);
  restart();
  engine.clock.advance(50'000 - 1);
  settle_again();
  EXPECT_EQ(trust(), TrustState::kTrusted);
  engine.clock.advance(1);
  settle_again();
  EXPECT_EQ(trust(), TrustState::kStale);
  ASSERT_EQ(revisions().size(), 1U);
  EXPECT_EQ(revisions().front().cause, RevisionCause::kFreshness);
}

TEST_F(FreshnessTest, ARestartKeepsMoreTimeToo) {
  apply({with_freshness(600)});
  pass(10'000);
  restart();
  engine.clock.advance(590'000 - 1);
  settle_again();
  EXPECT_EQ(trust(), TrustState::kTrusted);
  engine.clock.advance(1);
  settle_again();
  EXPECT_EQ(trust(), TrustState::kStale);
}

TEST_F(FreshnessTest, Hostile_NeitherAStartNorMoreTimeWakesAStaleHost) {
  pass(kStaleAfter);
  ASSERT_EQ(trust(), TrustState::kStale);
  apply({with_freshness(600)});
  EXPECT_EQ(trust(), TrustState::kStale);
  restart();
  engine.clock.advance(1'000);
  settle_again();
  EXPECT_EQ(trust(), TrustState::kStale);
  EXPECT_EQ(engine.changes.all().size(), 2U);
  EXPECT_THAT(revisions(), IsEmpty());
}

TEST_F(FreshnessTest, BehindAStartNobodyTurnsStaleBeforeItCouldAttest) {
  pass(kStaleAfter - 1'000);
  restart();
  apply_again(with_freshness(20));
  engine.clock.advance(2 * 10'000 - 1);
  settle_again();
  EXPECT_EQ(trust(), TrustState::kTrusted);
  engine.clock.advance(1);
  settle_again();
  EXPECT_EQ(trust(), TrustState::kStale);
}

TEST_F(FreshnessTest, Hostile_LessTimeBehindAStartGivesNobodyMore) {
  pass(kStaleAfter - 1'000);
  restart();
  apply_again(
      "[policy]\nid = \"default\"\n[freshness]\nattest_every = \"100s\"\nstale_after = \"200s\"\n");
  engine.clock.advance(2 * testing::kInterval - 1);
  settle_again();
  EXPECT_EQ(trust(), TrustState::kTrusted);
  engine.clock.advance(1);
  settle_again();
  EXPECT_EQ(trust(), TrustState::kStale);
}

TEST_F(FreshnessTest, AReappraisalTakesTheSameTimeOnce) {
  apply({with_freshness(60)});
  ReappraisedHost judged{*engine.hosts.find(host.record().uid), {}, nullptr};
  judged.verdict = judged.host.state->verdict;
  judged.verdict.state = TrustState::kWarning;
  judged.verdict.findings = {Finding{}};
  judged.verdict.snapshot = engine.snapshot()->id();
  set_validity(judged.verdict, kMinute);
  ASSERT_EQ(engine.committer.commit_reappraised({judged})->changed, 1U);
  pass(kMinute - 1);
  EXPECT_EQ(trust(), TrustState::kWarning);
  pass(1);
  EXPECT_EQ(trust(), TrustState::kStale);
}

TEST_F(FreshnessTest, Hostile_AStoreThatRefusesKeepsNobodyTrustedForLonger) {
  apply({with_freshness(60)});
  refuse_writes(true);
  pass(kMinute);
  EXPECT_EQ(trust(), TrustState::kStale) << "shown, before it is recorded";
  EXPECT_THAT(revisions(), IsEmpty());
  refuse_writes(false);
  pass(kMinute);
  pass(kMinute);
  EXPECT_EQ(trust(), TrustState::kStale);
  ASSERT_EQ(revisions().size(), 1U);
  EXPECT_EQ(engine.changes.all().back().current, TrustState::kStale);
}

}  // namespace
}  // namespace quotemill
