#include "engine/pipeline/fleet_reappraisal.h"

#include <gmock/gmock.h>

#include "engine/verdict/latch.h"
#include "tests/engine/pipeline/small_engine.h"

namespace quotemill {
namespace {

using namespace quotemill::testing;  // NOLINT(google-build-using-namespace)

constexpr const char* kStrict = "[boot]\nno_baseline = \"fail\"\nbaselines = [\"none\"]\n";

class FleetReappraisalTest : public ::testing::Test {
 protected:
  SoftwareHost& attested(unsigned number, const std::string& kernel = "/boot/vmlinuz") {
    auto host = std::make_unique<SoftwareHost>(KeyKind::kEcP256, number);
    host->record().name = "host-" + std::to_string(number);
    host->boot.push_back(measured(9, event_type::kIpl, kernel));
    engine.enrol(*host);
    engine.attest(*host);
    hosts.push_back(std::move(host));
    return *hosts.back();
  }

  Host entry(const SoftwareHost& host) const { return *engine.hosts.find(host.record().uid); }

  FleetReappraisal& under(std::string_view toml,
                          StoredSignatures signatures = StoredSignatures::kBelieved) {
    auto set = *PolicySet::compile({policy_of(toml)}, baselines);
    const auto logs = std::make_shared<const LogClasses>(*LogClasses::of(
        logs_of(engine.hosts, {}, [](const HostGlance&) { return true; }), engine.store));
    fleets.push_back(std::make_unique<FleetReappraisal>(
        FleetReappraisalParts{std::move(set), engine.server_key, engine.store, logs, signatures}));
    return *fleets.back();
  }

  Reappraisal judge(FleetReappraisal& fleet, const SoftwareHost& host) {
    return fleet.judge(entry(host), engine.extends);
  }

  // Through the commit thread, as a run does it.
  ReappraisalCommit commit(const Host& judged_from, const Reappraisal& judged) {
    return *engine.committer.commit_reappraised({{judged_from, judged.verdict, judged.proof}});
  }

  ReappraisalCommit commit_strict(const SoftwareHost& host) {
    const Host now = entry(host);
    FleetReappraisal fleet({engine.policies->current(), engine.server_key, engine.store,
                            std::make_shared<const LogClasses>()});
    return commit(now, fleet.judge(now, engine.extends));
  }

  void apply(const std::string& toml) {
    PolicyRequest request;
    request.apply = {toml};
    request.may_go_back = true;
    ASSERT_TRUE(engine.committer.change([&](const RegistryView& view) -> Result<IdentityUpdate> {
      IdentityUpdate update;
      update.policies = *engine.policies->plan(request, view.now.wall);
      return update;
    }));
  }

  std::vector<std::unique_ptr<SoftwareHost>> hosts;

  static std::shared_ptr<const Baseline> golden() {
    SoftwareHost host;
    host.boot.push_back(measured(9, event_type::kIpl, "/boot/vmlinuz"));
    return baseline_of(host);
  }

  std::vector<std::shared_ptr<const Baseline>> baselines = {golden()};
  SmallEngine engine{default_policy(), baselines};
  std::vector<std::unique_ptr<FleetReappraisal>> fleets;
};

TEST_F(FleetReappraisalTest, JudgesEachDistinctLogOnce) {
  for (unsigned number = 0; number < 6; ++number) {
    attested(number, number < 4 ? "/boot/a" : "/boot/b");
  }
  FleetReappraisal& fleet = under(kStrict);
  for (const auto& host : hosts) {
    const Reappraisal judged = judge(fleet, *host);
    ASSERT_EQ(judged.kind, ReappraisalKind::kVerdict) << judged.error.to_string();
    EXPECT_EQ(judged.verdict.state, TrustState::kFailed);
  }
  EXPECT_EQ(fleet.logs_judged(), 2U);
}

TEST_F(FleetReappraisalTest, WhatLatchedHoldsUnderAnyPolicy) {
  const SoftwareHost& host = attested(1);
  ASSERT_EQ(entry(host).state->state, TrustState::kTrusted);
  Finding found;
  found.code = FindingCode::kBootEventUnexpected;
  found.severity = Severity::kFail;
  Host latched = entry(host);
  auto state = std::make_shared<HostState>(*latched.state);
  state->latches = std::make_shared<const Latches>(Latches{{{found, {1}, 1}}});
  state->verdict = held(state->verdict, state->latches.get());
  state->state = state->verdict.state;
  latched.state = state;
  for (const char* toml : {"", "[boot]\ncompare = [4]\n"}) {
    EXPECT_EQ(under(toml).judge(latched, engine.extends).verdict.state, TrustState::kFailed)
        << toml;
  }
}

// Whatever the policy: by the state, with the signature, and the whole way.
TEST_F(FleetReappraisalTest, ComesToWhatTheWholeWayComesTo) {
  SoftwareHost& rebooted = attested(1);
  attested(2, "/boot/other");
  rebooted.reboot();
  rebooted.boot.push_back(measured(8, event_type::kIpl, "word"));
  engine.attest(rebooted);
  SoftwareHost& no_values = attested(3);
  engine.attest(no_values, [](EvidenceDraft& draft) { draft.sent.clear(); });
  for (const char* toml :
       {"", kStrict, "[boot]\nmismatch = \"warn\"\n", "[boot]\nmismatch = \"off\"\n",
        "[quote]\npcrs = [0, 4, 7]\n", "[quote]\npcrs = [0, 1, 2, 3, 4, 7, 23]\n",
        "[identity]\nimported = \"off\"\n", "[freshness]\nstale_after = \"20m\"\n",
        "[boot]\ncompare = [4]\n", "[match]\nnames = [\"nobody\"]\n"}) {
    FleetReappraisal& believed = under(toml);
    FleetReappraisal& checked = under(toml, StoredSignatures::kChecked);
    for (const auto& host : hosts) {
      const Reappraisal whole = reappraise(
          entry(*host),
          {believed.policies(), engine.server_key, engine.keys, engine.store, engine.extends});
      const Reappraisal by_state = judge(believed, *host);
      const Reappraisal by_signature = judge(checked, *host);
      EXPECT_EQ(by_state.kind, whole.kind) << toml;
      EXPECT_EQ(by_state.verdict.state, whole.verdict.state) << toml;
      EXPECT_EQ(by_signature.verdict.state, whole.verdict.state) << toml;
      EXPECT_EQ(by_state.verdict.snapshot, whole.verdict.snapshot) << toml;
      EXPECT_EQ(by_state.verdict.valid_until.ms, whole.verdict.valid_until.ms) << toml;
      for (const Finding& finding : whole.verdict.findings) {
        EXPECT_THAT(by_state.verdict.findings, ::testing::Contains(finding)) << toml;
        EXPECT_THAT(by_signature.verdict.findings, ::testing::Contains(finding)) << toml;
      }
    }
  }
}

// What a quote was compared with is gone: it must not heal because the policy changed elsewhere.
TEST_F(FleetReappraisalTest, WhatWasWrongWithTheStepStands) {
  SoftwareHost& host = attested(1);
  ++host.boot_id.front();  // kexec: another boot id without a reset
  engine.attest(host);
  ASSERT_EQ(engine.state(host).state, TrustState::kFailed);
  const Reappraisal same =
      judge(under("[boot]\nmismatch = \"off\"\nno_baseline = \"info\"\n"), host);
  EXPECT_EQ(same.verdict.state, TrustState::kFailed);
  const Reappraisal milder = judge(
      under("[counters]\nkexec = \"warn\"\n[boot]\nmismatch = \"off\"\nno_baseline = \"info\"\n"),
      host);
  EXPECT_EQ(milder.verdict.state, TrustState::kWarning);
}

TEST_F(FleetReappraisalTest, NoPolicyExcusesWhatWasNotProven) {
  SoftwareHost& host = attested(1);
  engine.attest(host, [](EvidenceDraft& draft) {
    draft.change_signature = [](Bytes& signature) { signature.back() ^= 1; };
  });
  ASSERT_EQ(engine.state(host).state, TrustState::kFailed);
  const Reappraisal judged =
      judge(under("[boot]\nmismatch = \"off\"\nno_baseline = \"info\"\n"), host);
  EXPECT_EQ(judged.kind, ReappraisalKind::kVerdict);
  EXPECT_EQ(judged.verdict.state, TrustState::kFailed);
  EXPECT_EQ(judged.verdict.findings, engine.state(host).verdict.findings);
}

TEST_F(FleetReappraisalTest, BelievesWhatAQuoteProvedUnlessSignaturesAreChecked) {
  SoftwareHost& host = attested(1);
  CommitBatch batch;
  HistoryEntry forged = engine.store.history(host.record().uid, 0, 1)->front();
  forged.evidence_item[forged.evidence_item.size() / 2] ^= 1;
  batch.history = {forged};
  ASSERT_TRUE(engine.store.commit(batch));
  EXPECT_EQ(judge(under(kStrict), host).verdict.state, TrustState::kFailed);
  EXPECT_EQ(judge(under("", StoredSignatures::kChecked), host).kind, ReappraisalKind::kError);
}

// Of the store's log nothing is believed, whether or not an equal one was judged before.
TEST_F(FleetReappraisalTest, ALogThatDoesNotExplainTheProvenValuesIsAnErrorOfTheStore) {
  SoftwareHost& host = attested(1);
  SoftwareHost& other = attested(2, "/boot/other");
  const Bytes own = *engine.store.boot_log(entry(host).state->proof->log);
  Bytes cut = own;
  cut.resize(cut.size() - 1);
  Bytes damaged = own;
  damaged[damaged.size() / 2] ^= 1;
  for (const Bytes& log :
       {*engine.store.boot_log(entry(other).state->proof->log), cut, damaged, Bytes()}) {
    CommitBatch batch;
    batch.boot_logs = {{entry(host).state->proof->log, log}};
    ASSERT_TRUE(engine.store.commit(batch));
    for (const char* toml : {"", "[boot]\nmismatch = \"off\"\nno_baseline = \"info\"\n"}) {
      FleetReappraisal& fleet = under(std::string("[freshness]\nstale_after = \"21m\"\n") + toml);
      EXPECT_EQ(judge(fleet, host).kind, ReappraisalKind::kError);
      EXPECT_EQ(judge(fleet, other).kind, ReappraisalKind::kVerdict);
      EXPECT_EQ(judge(fleet, host).kind, ReappraisalKind::kError) << "the other's log is known";
    }
  }
}

TEST_F(FleetReappraisalTest, ChecksEverySignatureIfAsked) {
  attested(1);
  SoftwareHost& second = attested(2);
  FleetReappraisal& checked = under(kStrict, StoredSignatures::kChecked);
  EXPECT_EQ(judge(checked, *hosts[0]).kind, ReappraisalKind::kVerdict);
  CommitBatch batch;
  HistoryEntry forged = engine.store.history(second.record().uid, 0, 1)->front();
  forged.evidence_item.back() ^= 1;
  batch.history = {forged};
  ASSERT_TRUE(engine.store.commit(batch));
  EXPECT_EQ(judge(under(kStrict), *hosts[0]).kind, ReappraisalKind::kVerdict);
  EXPECT_EQ(judge(checked, second).kind, ReappraisalKind::kError) << "its log is known already";
}

TEST_F(FleetReappraisalTest, SilentHostsStaySilent) {
  SoftwareHost& host = attested(1);
  Host silent = entry(host);
  auto stale = std::make_shared<HostState>(*silent.state);
  stale->state = TrustState::kStale;
  silent.state = stale;
  EXPECT_EQ(under(kStrict).judge(silent, engine.extends).kind, ReappraisalKind::kSilent);
}

TEST_F(FleetReappraisalTest, CommitsTheVerdictAndTellsTheChange) {
  SoftwareHost& host = attested(1);
  const HostState before = engine.state(host);
  ASSERT_EQ(before.state, TrustState::kTrusted);
  apply(kStrict);
  const ReappraisalCommit done = commit_strict(host);
  EXPECT_EQ(done.changed, 1U);
  EXPECT_EQ(done.overtaken, 0U);
  const HostState after = engine.state(host);
  EXPECT_EQ(after.state, TrustState::kFailed);
  EXPECT_EQ(after.sequence, before.sequence) << "no receipt is used up";
  EXPECT_EQ(after.receipt, before.receipt);
  EXPECT_EQ(after.verdict.snapshot, engine.snapshot()->id());
  ASSERT_FALSE(engine.changes.all().empty());
  EXPECT_EQ(engine.changes.all().back().current, TrustState::kFailed);
  EXPECT_EQ(commit_strict(host).changed, 0U) << "once";
}

TEST_F(FleetReappraisalTest, TheHistoryGetsARevisionWithTheStateOrNeither) {
  SoftwareHost& host = attested(1);
  apply(kStrict);
  engine.store.fail_next_commit();
  FleetReappraisal fleet({engine.policies->current(), engine.server_key, engine.store,
                          std::make_shared<const LogClasses>()});
  const Host now = entry(host);
  const Reappraisal judged = fleet.judge(now, engine.extends);
  EXPECT_FALSE(engine.committer.commit_reappraised({{now, judged.verdict, judged.proof}}));
  const auto revisions = [&] {
    return *engine.store.revisions(host.record().uid, 0, UINT64_MAX, 10);
  };
  EXPECT_TRUE(revisions().empty());
  EXPECT_EQ(engine.state(host).state, TrustState::kTrusted);
  ASSERT_EQ(commit_strict(host).changed, 1U);
  ASSERT_EQ(revisions().size(), 1U);
  const VerdictRevision revision = revisions().front();
  const HostState after = engine.state(host);
  EXPECT_EQ(revision.cause, RevisionCause::kReappraised);
  EXPECT_EQ(revision.sequence, after.sequence);
  EXPECT_EQ(revision.generation, after.generation);
  EXPECT_EQ(revision.time, after.judged);
  EXPECT_EQ(revision.verdict.state, TrustState::kFailed);
  EXPECT_EQ(revision.verdict.snapshot, engine.snapshot()->id());
  commit_strict(host);
  EXPECT_EQ(revisions().size(), 1U) << "a verdict that says the same is none";
}

TEST_F(FleetReappraisalTest, NeverReplacesANewerVerdict) {
  SoftwareHost& host = attested(1);
  const Host before = entry(host);
  apply(kStrict);
  const Reappraisal judged = under(kStrict).judge(before, engine.extends);
  engine.attest(host);
  const HostState newer = engine.state(host);
  const ReappraisalCommit done = commit(before, judged);
  EXPECT_EQ(done.changed + done.rewritten, 0U);
  EXPECT_EQ(done.overtaken, 1U);
  EXPECT_EQ(engine.state(host).sequence, newer.sequence);
}

TEST_F(FleetReappraisalTest, APolicyThatIsNotInForceAnyMoreChangesNothing) {
  SoftwareHost& host = attested(1);
  const Host before = entry(host);
  const Reappraisal judged = judge(under(kStrict), host);  // never applied, or withdrawn again
  EXPECT_EQ(judged.verdict.state, TrustState::kFailed);
  EXPECT_EQ(commit(before, judged).overtaken, 1U);
  EXPECT_EQ(engine.state(host).state, before.state->state);
}

TEST_F(FleetReappraisalTest, DeletedAndReenrolledHostsAreLeftAlone) {
  SoftwareHost& deleted = attested(1);
  SoftwareHost& reenrolled = attested(2);
  const Host first = entry(deleted);
  const Host second = entry(reenrolled);
  apply(kStrict);
  const Reappraisal of_first = under(kStrict).judge(first, engine.extends);
  const Reappraisal of_second = under(kStrict).judge(second, engine.extends);
  engine.remove(deleted);
  ++reenrolled.record().generation;
  engine.put(reenrolled, true);
  EXPECT_EQ(commit(first, of_first).overtaken, 1U);
  EXPECT_EQ(commit(second, of_second).overtaken, 1U);
  EXPECT_EQ(engine.state(reenrolled).state, TrustState::kUnknown);
  EXPECT_EQ(judge(under(kStrict), reenrolled).kind, ReappraisalKind::kNoEvidence);
}

// Clocks: a re-appraisal is no contact. The deadline is that of the nonce, whatever the wall says.
TEST_F(FleetReappraisalTest, NobodyGetsFresherByIt) {
  SoftwareHost& host = attested(1);
  apply(
      "[boot]\nno_baseline = \"fail\"\nbaselines = [\"none\"]\n"
      "[freshness]\nattest_every = \"60s\"\nstale_after = \"5m\"\n");
  engine.clock.advance(200'000);
  engine.clock.step_wall(86'400'000);
  ASSERT_EQ(commit_strict(host).changed, 1U);
  engine.settle();
  EXPECT_EQ(engine.state(host).state, TrustState::kFailed);
  engine.clock.advance(101'000);
  engine.settle();
  EXPECT_EQ(engine.state(host).state, TrustState::kStale);
}

}  // namespace
}  // namespace quotemill
