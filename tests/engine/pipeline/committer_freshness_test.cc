// Policies that give hosts less or more time than they had, and hosts that say nothing meanwhile.
#include <array>
#include <map>
#include <random>

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
using testing::SoftwareHost;

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

// A few hosts, two policies and labels between them, at random; against what a plain list says, and
// what history says of each moment afterwards.
class FreshnessModel {
 public:
  // What is known of a host: since when its time counts, and for how long it was given some.
  struct Known {
    std::int64_t from = 0;
    bool is_prod = false;
    bool is_stale = true;
  };

  std::int64_t allowed_ms(const Known& known) const { return known.is_prod ? prod_ms : default_ms; }

  void look(std::int64_t now) {
    for (auto& [name, known] : hosts) {
      known.is_stale = known.is_stale || now >= known.from + allowed_ms(known);
    }
  }

  std::map<std::string, Known> hosts;
  std::int64_t default_ms = kStaleAfter;
  std::int64_t prod_ms = kStaleAfter;
};

class FreshnessAtRandom : public CommitterTest, public ::testing::WithParamInterface<unsigned> {
 protected:
  std::string default_text() const { return with_freshness(model.default_ms / 1'000); }

  std::string prod_text() const {
    return "[policy]\nid = \"prod\"\npriority = 1\n[match]\nlabels = [\"env=prod\"]\n"
           "[freshness]\nattest_every = \"10s\"\nstale_after = \"" +
           std::to_string(model.prod_ms / 1'000) + "s\"\n";
  }

  // As host.at tells it.
  TrustState told(const SoftwareHost& of, WallTime at) {
    const std::vector<HistoryEntry> appraisals = *engine.store.history(of.record().uid, 0, 1'000);
    for (const HistoryEntry& entry : appraisals) {
      const WallTime first = entry.run ? entry.run->first_time : entry.time;
      if (first > at) {
        continue;
      }
      Verdict verdict = entry.verdict;
      const auto revised =
          *engine.store.revisions(of.record().uid, entry.first_sequence(), entry.sequence, 1'000);
      WallTime since = entry.time;
      for (const VerdictRevision& revision : revised) {
        if (revision.time <= at) {
          verdict = revision.verdict;
          since = revision.time;
          break;
        }
      }
      return at <= std::max(verdict.valid_until, since) ? verdict.state : TrustState::kStale;
    }
    return TrustState::kUnknown;
  }

  FreshnessModel model;
};

INSTANTIATE_TEST_SUITE_P(Seeds, FreshnessAtRandom, ::testing::Range(1U, 9U));

TEST_P(FreshnessAtRandom, AgreesWithAPlainListAndSoDoesHistory) {
  SCOPED_TRACE("seed " + std::to_string(GetParam()));
  std::mt19937 random(GetParam());
  constexpr std::array kTimes = {20, 60, 120, 300, 600};
  std::vector<SoftwareHost> fleet;
  for (unsigned i = 0; i < 4; ++i) {
    fleet.emplace_back(KeyKind::kEcP256, i);
    engine.enrol(fleet.back());
    model.hosts[fleet.back().record().name];
  }
  engine.clock.advance(kHour);
  apply({default_text(), prod_text()});
  std::vector<std::tuple<std::size_t, WallTime, bool>> seen;
  for (int step = 0; step < 300; ++step) {
    engine.clock.advance(1'000 * static_cast<std::int64_t>(1 + random() % 40));
    engine.settle();
    const Moment now = engine.clock.now();
    model.look(now.boot.ms);
    const std::size_t i = random() % fleet.size();
    SoftwareHost& one = fleet[i];
    FreshnessModel::Known& known = model.hosts[one.record().name];
    switch (random() % 6) {
      case 0:
        model.default_ms = 1'000 * kTimes.at(random() % kTimes.size());
        apply({default_text()});
        break;
      case 1:
        model.prod_ms = 1'000 * kTimes.at(random() % kTimes.size());
        apply({prod_text()});
        break;
      case 2:
        known.is_prod = !known.is_prod;
        one.record().labels = {{"env", known.is_prod ? "prod" : "test"}};
        engine.put(one, false);
        break;
      default:
        one.clock.clock_ms = static_cast<std::uint64_t>(now.boot.ms);
        ASSERT_EQ(engine.attest(one).kind, ReplyKind::kReceipt);
        known.from = now.boot.ms;
        known.is_stale = false;
        break;
    }
    engine.settle();
    model.look(now.boot.ms);
    for (std::size_t each = 0; each < fleet.size(); ++each) {
      const HostState state = engine.state(fleet[each]);
      const FreshnessModel::Known& it = model.hosts[fleet[each].record().name];
      if (state.sequence != 0) {
        ASSERT_EQ(state.state == TrustState::kStale, it.is_stale) << step << ' ' << each;
        seen.emplace_back(each, WallTime{now.wall.ms + 100}, it.is_stale);
      }
    }
  }
  for (const auto& [each, at, is_stale] : seen) {
    EXPECT_EQ(told(fleet[each], at) == TrustState::kStale, is_stale) << each << ' ' << at.ms;
  }
}

}  // namespace
}  // namespace quotemill
