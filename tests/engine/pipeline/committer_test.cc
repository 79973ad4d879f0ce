#include "engine/pipeline/committer.h"

#include <gmock/gmock.h>

#include "engine/crypto/hash.h"
#include "engine/evidence/receipt.h"
#include "tests/engine/pipeline/small_engine.h"

namespace quotemill {
namespace {

using testing::baseline_of;
using testing::codes;
using ::testing::Contains;
using ::testing::ElementsAre;
using testing::EvidenceDraft;
using ::testing::IsEmpty;
using testing::policy_of;
using testing::SmallEngine;
using testing::SoftwareHost;

constexpr std::int64_t kInterval = 60'000;
constexpr std::int64_t kStaleAfter = 300'000;

class CommitterTest : public ::testing::Test {
 protected:
  CommitterTest() { engine.enrol(host); }

  Judgement good_judgement(const SoftwareHost& of) {
    Submission submission = engine.submission(of);
    submission.boot_log = of.log();
    return engine.judge(std::move(submission));
  }

  TrustState trust() { return engine.state(host).state; }

  std::uint64_t dropped() { return engine.counters.dropped_not_current.load(); }

  SoftwareHost host;
  SmallEngine engine{default_policy(), {baseline_of(SoftwareHost())}};
};

TEST_F(CommitterTest, GivesOneReceiptAndKeepsWhatItSays) {
  const Judgement judgement = good_judgement(host);
  const Bytes item = judgement.submission.item;
  const Reply reply = engine.commit(judgement);
  ASSERT_EQ(reply.kind, ReplyKind::kReceipt);
  EXPECT_EQ(reply.host, host.record().uid);
  EXPECT_EQ(reply.sequence, 1U);
  const Result<Receipt> receipt = decode_receipt(reply.body);
  ASSERT_TRUE(receipt);
  EXPECT_EQ(receipt->number, 1U);
  EXPECT_EQ(receipt->state, static_cast<std::uint8_t>(TrustState::kTrusted));
  const HostState state = engine.state(host);
  EXPECT_EQ(state.sequence, 1U);
  EXPECT_EQ(state.state, TrustState::kTrusted);
  EXPECT_EQ(state.receipt, reply.body) << "the same again for whoever asks again";
  EXPECT_EQ(state.evidence, hash(HashAlgorithm::kSha256, item));
  EXPECT_EQ(engine.counters.attestations.load(), 1U);
}

TEST_F(CommitterTest, KeepsHistoryAndLogBesideTheState) {
  const Judgement judgement = good_judgement(host);
  const Bytes item = judgement.submission.item;
  const Digest evidence = judgement.evidence;
  const Nonce nonce = judgement.submission.challenge.nonce;
  engine.commit(judgement);
  const auto history = engine.store.history(host.record().uid, 0, 10);
  ASSERT_TRUE(history);
  ASSERT_EQ(history->size(), 1U);
  EXPECT_EQ(history->front().sequence, 1U);
  EXPECT_EQ(history->front().evidence_item, item);
  EXPECT_EQ(history->front().nonce, nonce);
  EXPECT_EQ(history->front().verdict.state, TrustState::kTrusted);
  const Result<Bytes> log = engine.store.boot_log(history->front().boot_log);
  ASSERT_TRUE(log);
  EXPECT_EQ(*log, host.log());
  EXPECT_EQ(history->front().boot_log, evidence);
}

TEST_F(CommitterTest, StoresNoLogThatNobodyJudged) {
  engine.attest(host);
  const Digest judged = engine.state(host).proof->log;
  engine.policies->add(baseline_of(host, "golden", 2));
  Submission submission = engine.submission(host);
  submission.boot_log = Bytes(1'000, 0x5A);  // unasked, while the stored log explains the quote
  Judgement judgement = engine.judge(std::move(submission));
  const Digest evidence = judgement.evidence;
  EXPECT_EQ(judgement.boot_log, judged);
  EXPECT_EQ(engine.commit(std::move(judgement)).kind, ReplyKind::kReceipt);
  EXPECT_EQ(*engine.store.boot_log(judged), host.log());
  EXPECT_FALSE(engine.store.boot_log(evidence));
}

// A sink that asks, at the moment of the reply, whether the store has what it says.
class CheckingReplies final : public ReplySink {
 public:
  CheckingReplies(const History& store, const HostTable& hosts) : store_(store), hosts_(hosts) {}

  void deliver(std::vector<Reply> replies) override {
    for (const Reply& reply : replies) {
      const auto history = store_.history(reply.host, 0, 1);
      durable = durable && history && !history->empty() &&
                history->front().sequence == reply.sequence &&
                hosts_.find(reply.host)->state->sequence == reply.sequence;
      ++count;
    }
  }

  bool durable = true;
  int count = 0;

 private:
  const History& store_;
  const HostTable& hosts_;
};

TEST_F(CommitterTest, SendsReceiptsOnlyWhenTheHistoryIsDurable) {
  CheckingReplies replies(engine.store, engine.hosts);
  Committer committer({engine.store, engine.hosts, replies, engine.changes, engine.clock,
                       engine.nonces, *engine.policies, engine.counters},
                      CommitterStart{"stream", 0, {}, {}, 1});
  committer.start();
  std::vector<Judgement> batch;
  batch.push_back(good_judgement(host));
  committer.submit(std::move(batch), {});
  committer.stop();
  EXPECT_EQ(replies.count, 1);
  EXPECT_TRUE(replies.durable);
}

TEST_F(CommitterTest, CommitsManyHostsInOneBatch) {
  std::vector<SoftwareHost> fleet;
  std::vector<Judgement> batch;
  for (unsigned i = 1; i <= 10; ++i) {
    fleet.emplace_back(KeyKind::kEcP256, i);
    engine.enrol(fleet.back());
    batch.push_back(good_judgement(fleet.back()));
  }
  const std::vector<Reply> replies = engine.commit(std::move(batch));
  ASSERT_EQ(replies.size(), 10U);
  for (std::size_t i = 0; i < fleet.size(); ++i) {
    EXPECT_EQ(replies[i].host, fleet[i].record().uid) << "in the order of the batch";
    EXPECT_EQ(replies[i].kind, ReplyKind::kReceipt);
    EXPECT_EQ(engine.state(fleet[i]).state, TrustState::kTrusted);
  }
}

TEST_F(CommitterTest, AnswersANeedWithoutTouchingTheState) {
  const Judgement judgement = engine.judge(engine.submission(host));
  ASSERT_EQ(judgement.kind, JudgementKind::kNeedLog);
  EXPECT_EQ(engine.commit(judgement).kind, ReplyKind::kNeedLog);
  EXPECT_EQ(engine.state(host).sequence, 0U);
  EXPECT_EQ(trust(), TrustState::kUnknown);
}

TEST_F(CommitterTest, AnswersAnErrorWithoutTouchingTheState) {
  engine.attest(host);
  Judgement judgement = engine.judge(engine.submission(host));
  judgement.kind = JudgementKind::kError;
  judgement.error = {ErrorCode::kInternal, "test"};
  const Reply reply = engine.commit(judgement);
  EXPECT_EQ(reply.kind, ReplyKind::kError);
  EXPECT_EQ(reply.error.code, ErrorCode::kInternal);
  EXPECT_EQ(engine.state(host).sequence, 1U);
  EXPECT_EQ(trust(), TrustState::kTrusted);
}

// --- What is current

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

// --- Failed commits

TEST_F(CommitterTest, FailedCommit_GivesNoReceiptAndLeavesAllAsItWas) {
  engine.attest(host);
  const HostState before = engine.state(host);
  SoftwareHost bad = host;
  bad.boot.push_back(testing::measured(9, event_type::kIpl, "evil"));
  const Judgement judgement = good_judgement(bad);
  engine.store.fail_next_commit();
  const Reply reply = engine.commit(judgement);
  EXPECT_EQ(reply.kind, ReplyKind::kError);
  EXPECT_EQ(reply.error.code, ErrorCode::kStorage);
  EXPECT_THAT(reply.body, IsEmpty());
  EXPECT_EQ(engine.state(host).sequence, before.sequence);
  EXPECT_EQ(engine.state(host).receipt, before.receipt);
  EXPECT_EQ(trust(), TrustState::kTrusted);
  EXPECT_EQ(engine.changes.all().size(), 1U);
  EXPECT_EQ(engine.counters.commit_failures.load(), 1U);
  // And the same again when the store is well: the numbers of changes have no gap.
  EXPECT_EQ(engine.commit(judgement).kind, ReplyKind::kReceipt);
  ASSERT_EQ(engine.changes.all().size(), 2U);
  EXPECT_EQ(engine.changes.all()[1].sequence, 2U);
  EXPECT_EQ(trust(), TrustState::kFailed);
}

TEST_F(CommitterTest, FailedCommit_LeavesTheFreshnessDeadlineRunning) {
  engine.attest(host);
  engine.clock.advance(kStaleAfter - 1000);
  const Judgement judgement = good_judgement(host);
  engine.store.fail_next_commit();
  engine.commit(judgement);
  engine.clock.advance(1000);
  engine.settle();
  EXPECT_EQ(trust(), TrustState::kStale);
}

TEST_F(CommitterTest, FailedCommit_OfAnIdentityChangesNothing) {
  engine.store.fail_next_commit();
  ++host.record().generation;
  const HostRecord record = host.record();
  const auto result = engine.committer.change([&](const RegistryView&) -> Result<IdentityUpdate> {
    IdentityUpdate update;
    update.record = record;
    update.reset_state = true;
    return update;
  });
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::kStorage);
  EXPECT_EQ(engine.hosts.find(record.uid)->record->generation, 1U);
}

// --- Time

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

// --- Changes

TEST_F(CommitterTest, MakesOneChangePerEdgeAndNoneBetween) {
  engine.attest(host);
  engine.attest(host);
  engine.attest(host);
  const std::vector<Change> changes = engine.changes.all();
  ASSERT_EQ(changes.size(), 1U);
  EXPECT_EQ(changes[0].previous, TrustState::kUnknown);
  EXPECT_EQ(changes[0].current, TrustState::kTrusted);
  EXPECT_EQ(changes[0].host_name, host.record().name);
  EXPECT_EQ(changes[0].ek_sha256, host.record().ek_sha256);
  EXPECT_EQ(changes[0].policy_id, "default");
  EXPECT_EQ(changes[0].boot_id, host.boot_id);
  EXPECT_EQ(changes[0].reset_count, host.clock.reset_count);
  EXPECT_FALSE(changes[0].evidence.is_filled_with(0));
  EXPECT_EQ(engine.changes.stream_id(), engine.store.status()->stream_id);
}

TEST_F(CommitterTest, NumbersChangesWithoutGaps) {
  for (int i = 0; i < 20; ++i) {
    if (i % 3 == 0) {
      engine.store.fail_next_commit();
    }
    engine.attest(host, [i](EvidenceDraft& draft) {
      if (i % 2 == 0) {
        draft.extra_data = Bytes(32, 1);
      }
    });
  }
  const std::vector<Change> published = engine.changes.all();
  EXPECT_GT(published.size(), 5U);
  for (std::size_t i = 0; i < published.size(); ++i) {
    EXPECT_EQ(published[i].sequence, i + 1);
    EXPECT_EQ(published[i].host_sequence, i + 1);
  }
  EXPECT_EQ(engine.store.changes(1, 100)->size(), published.size());
}

TEST_F(CommitterTest, TellsWhyANewEnrolmentChangedTheTrust) {
  engine.attest(host);
  ++host.record().generation;
  const HostRecord record = host.record();
  ASSERT_TRUE(engine.committer.change([&](const RegistryView&) -> Result<IdentityUpdate> {
    IdentityUpdate update;
    update.record = record;
    update.reset_state = true;
    Finding reason;
    reason.code = FindingCode::kIdentityChanged;
    reason.severity = Severity::kWarning;
    update.reasons = {reason};
    return update;
  }));
  const Change change = engine.changes.all().back();
  EXPECT_EQ(change.current, TrustState::kUnknown);
  EXPECT_THAT(codes(change.reasons), ElementsAre(FindingCode::kIdentityChanged));
}

// --- Identity

TEST_F(CommitterTest, AddsManyHostsInOneWriteOrNone) {
  const auto add = [&](unsigned first) {
    return engine.committer.change([first](const RegistryView&) -> Result<IdentityUpdate> {
      IdentityUpdate update;
      for (unsigned number = first; number < first + 3; ++number) {
        update.added.push_back(SoftwareHost(KeyKind::kEcP256, number).record());
      }
      return update;
    });
  };
  ASSERT_TRUE(add(50));
  for (unsigned number = 50; number < 53; ++number) {
    const HostState state = engine.state(SoftwareHost(KeyKind::kEcP256, number));
    EXPECT_EQ(state.state, TrustState::kUnknown);
    EXPECT_EQ(state.generation, 1U);
  }
  EXPECT_TRUE(engine.changes.all().empty()) << "nobody knew them before";
  const std::size_t before = engine.hosts.size();
  engine.store.fail_next_commit();
  EXPECT_FALSE(add(60));
  EXPECT_EQ(engine.hosts.size(), before);
}

TEST_F(CommitterTest, DecidesIdentitiesOneAfterAnother) {
  const SoftwareHost other(KeyKind::kEcP256, 1);
  HostRecord record = other.record();
  record.name = host.record().name;
  const auto result =
      engine.committer.change([&](const RegistryView& view) -> Result<IdentityUpdate> {
        if (view.hosts.find_by_name(record.name)) {
          return Error{ErrorCode::kConflict, "name"};
        }
        IdentityUpdate update;
        update.record = record;
        return update;
      });
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::kConflict);
  EXPECT_EQ(engine.hosts.find_by_name(record.name)->record->uid, host.record().uid);
}

TEST_F(CommitterTest, KnowsTheTokensThatWereWritten) {
  const TokenRecord token{hash(HashAlgorithm::kSha256, as_bytes("token")), 2, {}, {}};
  const auto write = [&](std::uint32_t uses) {
    return engine.committer.change([&, uses](const RegistryView&) -> Result<IdentityUpdate> {
      IdentityUpdate update;
      update.tokens = {token};
      update.tokens[0].uses_left = uses;
      return update;
    });
  };
  ASSERT_TRUE(write(2));
  ASSERT_TRUE(write(1));
  ASSERT_TRUE(engine.committer.change([&](const RegistryView& view) -> Result<IdentityUpdate> {
    EXPECT_EQ(view.tokens.at(token.id.hex()).uses_left, 1U);
    return IdentityUpdate{};
  }));
}

TEST_F(CommitterTest, JudgesUnderABaselineAsSoonAsItIsCaptured) {
  SmallEngine bare;
  bare.enrol(host);
  bare.attest(host);
  EXPECT_THAT(bare.blame(host), ElementsAre(FindingCode::kBootBaselineAbsent));
  const SnapshotId before = bare.snapshot()->id();
  ASSERT_TRUE(bare.committer.change([&](const RegistryView&) -> Result<IdentityUpdate> {
    IdentityUpdate update;
    update.baseline = baseline_of(host);
    return update;
  }));
  EXPECT_NE(bare.snapshot()->id(), before);
  bare.attest(host);
  EXPECT_EQ(bare.state(host).state, TrustState::kTrusted);
  EXPECT_EQ(bare.store.baselines()->size(), 1U);
}

TEST_F(CommitterTest, GivesTheStreamANewId) {
  engine.attest(host);
  const std::string before = engine.changes.stream_id();
  engine.committer.renew_stream();
  engine.settle();
  engine.clock.advance(kStaleAfter);
  engine.settle();
  EXPECT_NE(engine.changes.stream_id(), before);
  EXPECT_EQ(engine.changes.stream_id(), engine.store.status()->stream_id);
  EXPECT_EQ(engine.changes.all().back().sequence, 2U) << "the sequence goes on";
}

// --- The end

TEST_F(CommitterTest, StopHandlesWhatWasSubmittedAndMayBeCalledTwice) {
  std::vector<Judgement> batch;
  batch.push_back(good_judgement(host));
  engine.committer.submit(std::move(batch), {});
  engine.committer.stop();
  engine.committer.stop();
  ASSERT_EQ(engine.replies.all().size(), 1U);
  EXPECT_EQ(engine.replies.all()[0].kind, ReplyKind::kReceipt);
}

TEST_F(CommitterTest, AfterStopEverySubmissionStillGetsItsReply) {
  engine.committer.stop();
  const Reply reply = engine.commit(good_judgement(host));
  EXPECT_EQ(reply.kind, ReplyKind::kError);
  EXPECT_EQ(reply.error.code, ErrorCode::kBusy);
  EXPECT_EQ(trust(), TrustState::kUnknown);
  const auto change = engine.committer.change(
      [](const RegistryView&) -> Result<IdentityUpdate> { return IdentityUpdate{}; });
  ASSERT_FALSE(change);
  EXPECT_EQ(change.error().code, ErrorCode::kBusy);
}

}  // namespace
}  // namespace quotemill
