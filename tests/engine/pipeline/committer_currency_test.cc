// Which results are current, and may still change a host.
#include <future>

#include <gmock/gmock.h>

#include "engine/evidence/receipt.h"
#include "tests/engine/pipeline/committer_fixture.h"

namespace quotemill {
namespace {

using testing::baseline_of;
using testing::CommitterTest;
using ::testing::IsEmpty;
using testing::SmallEngine;
using testing::SoftwareHost;

// The next version of the policy, under which nobody is trusted.
constexpr const char* kHarsh =
    "[policy]\nid = \"default\"\nversion = 2\n[boot]\nbaselines = [\"none\"]\n"
    "no_baseline = \"fail\"\n";

TEST_F(CommitterTest, TakesEachSequenceOnce) {
  const Judgement judgement = good_judgement(host);
  EXPECT_EQ(engine.commit(judgement).kind, ReplyKind::kReceipt);
  const Reply again = engine.commit(judgement);
  EXPECT_EQ(again.kind, ReplyKind::kError);
  EXPECT_EQ(again.error.code, ErrorCode::kConflict);
  EXPECT_EQ(engine.state(host).sequence, 1U);
  EXPECT_EQ(dropped(), 1U);
}

TEST_F(CommitterTest, TakesEachSequenceOnceEvenWithinABatch) {
  const Judgement judgement = good_judgement(host);
  Judgement bad = judgement;
  bad.verdict = decide({Finding{}});
  const std::vector<Reply> replies = engine.commit({judgement, bad});
  EXPECT_EQ(replies[0].kind, ReplyKind::kReceipt);
  EXPECT_EQ(replies[1].kind, ReplyKind::kError);
  EXPECT_EQ(trust(), TrustState::kTrusted);
  EXPECT_EQ(engine.store.history(host.record().uid, 0, 10)->size(), 1U);
}

TEST_F(CommitterTest, TakesConsecutiveSequencesOfOneHostInABatch) {
  const Judgement first = good_judgement(host);
  Judgement second = first;
  second.submission.challenge.sequence = 2;
  second.verdict.findings = {Finding{}};
  second.verdict.state = TrustState::kFailed;
  const std::vector<Reply> replies = engine.commit({first, second});
  EXPECT_EQ(replies[1].kind, ReplyKind::kReceipt);
  EXPECT_EQ(trust(), TrustState::kFailed);
  const std::vector<Change> changes = engine.changes.all();
  ASSERT_EQ(changes.size(), 2U);
  EXPECT_EQ(changes[1].previous, TrustState::kTrusted);
  EXPECT_EQ(changes[1].sequence, 2U);
  EXPECT_EQ(changes[1].host_sequence, 2U);
}

TEST_F(CommitterTest, DropsASequenceThatIsTooHigh) {
  Judgement judgement = good_judgement(host);
  judgement.submission.challenge.sequence = 3;
  EXPECT_EQ(engine.commit(judgement).kind, ReplyKind::kError);
  EXPECT_EQ(engine.state(host).sequence, 0U);
}

TEST_F(CommitterTest, DropsWhatIsOfAnUnknownHost) {
  const SoftwareHost stranger(KeyKind::kEcP256, 5);
  EXPECT_EQ(engine.commit(good_judgement(stranger)).error.code, ErrorCode::kConflict);
  EXPECT_EQ(engine.hosts.size(), 1U);
}

// Judged as trusted by a policy that was replaced before the commit: it would stay so until the
// host attests again.
TEST_F(CommitterTest, Hostile_WhatWasJudgedByAPolicyOfBeforeIsJudgedAgain) {
  Judgement judgement = good_judgement(host);
  ASSERT_EQ(judgement.verdict.state, TrustState::kTrusted);
  apply({kHarsh});
  EXPECT_EQ(engine.commit(std::move(judgement)).kind, ReplyKind::kReceipt);
  const HostState state = engine.state(host);
  EXPECT_EQ(state.state, TrustState::kFailed);
  EXPECT_EQ(state.verdict.snapshot, engine.snapshot()->id());
  EXPECT_EQ(state.proof->snapshot, engine.snapshot()->id());
  ASSERT_EQ(engine.changes.all().size(), 1U);
  EXPECT_EQ(engine.changes.all()[0].current, TrustState::kFailed) << "never trusted in between";
  EXPECT_EQ(engine.store.history(host.record().uid, 0, 10)->at(0).verdict.snapshot,
            engine.snapshot()->id());
}

TEST_F(CommitterTest, Hostile_WhatWasJudgedByAPolicyThatIsWithdrawnIsOfNobody) {
  apply({"[policy]\nid = \"default\"\n[match]\nnames = [\"nobody\"]\n",
         "[policy]\nid = \"lax\"\npriority = 1\n"});
  Judgement judgement = good_judgement(host);
  ASSERT_EQ(judgement.verdict.state, TrustState::kTrusted);
  apply({}, {"lax"});
  engine.commit(std::move(judgement));
  EXPECT_EQ(trust(), TrustState::kUnknown);
}

TEST_F(CommitterTest, Hostile_ALabelThatChangesMeanwhileCountsForWhatIsInFlight) {
  apply(
      {"[policy]\nid = \"prod\"\npriority = 1\n[match]\nlabels = [\"env=prod\"]\n"
       "[boot]\nbaselines = [\"none\"]\nno_baseline = \"fail\"\n"});
  Judgement judgement = good_judgement(host);
  ASSERT_EQ(judgement.verdict.state, TrustState::kTrusted);
  host.record().labels = {{"env", "prod"}};
  engine.put(host, false);
  engine.commit(std::move(judgement));
  EXPECT_EQ(trust(), TrustState::kFailed);
}

TEST_F(CommitterTest, AReferenceThatComesMeanwhileCountsForWhatIsInFlight) {
  SmallEngine bare;
  bare.enrol(host);
  Submission submission = bare.submission(host);
  submission.boot_log = host.log();
  Judgement judgement = bare.judge(std::move(submission));
  ASSERT_EQ(judgement.verdict.state, TrustState::kWarning);
  ASSERT_TRUE(bare.committer.change([&](const RegistryView&) -> Result<IdentityUpdate> {
    IdentityUpdate update;
    update.baseline = baseline_of(host);
    return update;
  }));
  bare.commit(std::move(judgement));
  EXPECT_EQ(bare.state(host).state, TrustState::kTrusted);
}

TEST_F(CommitterTest, WithoutAnyoneToJudgeItAgainItIsNotKept) {
  std::vector<Judgement> batch;
  batch.push_back(good_judgement(host));
  apply({kHarsh});
  std::promise<void> done;
  engine.committer.submit(std::move(batch), [&done] { done.set_value(); });
  done.get_future().wait();
  ASSERT_EQ(engine.replies.all().size(), 1U);
  EXPECT_EQ(engine.replies.all()[0].kind, ReplyKind::kError);
  EXPECT_EQ(engine.replies.all()[0].error.code, ErrorCode::kConflict);
  EXPECT_EQ(engine.state(host).sequence, 0U);
  EXPECT_EQ(engine.counters.dropped_not_current.load(), 1U);
  EXPECT_EQ(engine.counters.internal_errors.load(), 0U);
}

// A late result must not resurrect what an operator or a new enrolment ended.
TEST_F(CommitterTest, DeleteRace_DropsAResultOfAHostRemovedMeanwhile) {
  const Judgement judgement = good_judgement(host);
  engine.remove(host);
  EXPECT_EQ(engine.commit(judgement).kind, ReplyKind::kError);
  EXPECT_FALSE(engine.hosts.find(host.record().uid));
  EXPECT_THAT(engine.changes.all(), IsEmpty());
  EXPECT_THAT(*engine.store.history(host.record().uid, 0, 10), IsEmpty());
}

// Its evidence waits for a log, and then in one batch with another host's.
TEST_F(CommitterTest, DeleteRace_AHostRemovedWhileItsLogIsOnItsWayTakesNobodyAlong) {
  const SoftwareHost other(KeyKind::kEcP256, 1);
  engine.enrol(other);
  Submission first = engine.submission(host);
  Submission second = first;
  EXPECT_EQ(engine.commit(engine.judge(std::move(first))).kind, ReplyKind::kNeedLog);
  engine.remove(host);
  second.boot_log = host.log();
  std::vector<Judgement> batch;
  batch.push_back(engine.judge(std::move(second)));
  batch.push_back(good_judgement(other));
  const std::vector<Reply> replies = engine.commit(std::move(batch));
  EXPECT_EQ(replies.at(0).kind, ReplyKind::kError);
  EXPECT_EQ(replies.at(1).kind, ReplyKind::kReceipt);
  EXPECT_EQ(engine.state(other).sequence, 1U);
  EXPECT_FALSE(engine.hosts.find(host.record().uid));
  EXPECT_THAT(*engine.store.history(host.record().uid, 0, 10), IsEmpty());
  EXPECT_EQ(dropped(), 1U);
}

TEST_F(CommitterTest, DeleteRace_DropsAResultOfAHostDistrustedMeanwhile) {
  for (const LifeCycle life_cycle :
       {LifeCycle::kRetired, LifeCycle::kDenied, LifeCycle::kPending}) {
    host.record().life_cycle = LifeCycle::kActive;
    engine.put(host, true);
    const Judgement judgement = good_judgement(host);
    host.record().life_cycle = life_cycle;
    engine.put(host, false);
    EXPECT_EQ(engine.commit(judgement).kind, ReplyKind::kError) << name_of(life_cycle);
    EXPECT_EQ(trust(), TrustState::kUnknown);
  }
}

TEST_F(CommitterTest, DeleteRace_DropsAResultJudgedBeforeANewEnrolment) {
  engine.attest(host);
  const Judgement judgement = good_judgement(host);
  ++host.record().generation;
  engine.put(host, true);
  EXPECT_EQ(trust(), TrustState::kUnknown);
  EXPECT_EQ(engine.commit(judgement).kind, ReplyKind::kError);
  EXPECT_EQ(trust(), TrustState::kUnknown);
  EXPECT_FALSE(engine.state(host).proof);
  EXPECT_FALSE(engine.state(host).counters);
  EXPECT_EQ(dropped(), 1U);
}

TEST_F(CommitterTest, KeepsWhoAHostWasBeforeANewEnrolment) {
  engine.attest(host);
  const HostRecord before = host.record();
  engine.put(host, false);
  EXPECT_FALSE(engine.store.former_identity(before.uid, before.generation)) << "it is the same";
  ++host.record().generation;
  host.record().curve_key.fill(9);
  engine.put(host, true);
  const Result<HostRecord> former = engine.store.former_identity(before.uid, before.generation);
  ASSERT_TRUE(former);
  EXPECT_EQ(former->curve_key, before.curve_key);
  EXPECT_EQ(former->ak_public, before.ak_public);
}

TEST_F(CommitterTest, GoesOnWithTheSequenceAfterANewEnrolment) {
  engine.attest(host);
  engine.attest(host);
  ++host.record().generation;
  engine.put(host, true);
  const HostState state = engine.state(host);
  EXPECT_EQ(state.sequence, 2U) << "no nonce of before may ever count again";
  EXPECT_EQ(state.generation, 2U);
  EXPECT_THAT(state.receipt, IsEmpty());
  EXPECT_FALSE(state.nonce_issued);
  EXPECT_EQ(engine.attest(host).kind, ReplyKind::kReceipt);
  EXPECT_EQ(engine.state(host).sequence, 3U);
}

}  // namespace
}  // namespace quotemill
