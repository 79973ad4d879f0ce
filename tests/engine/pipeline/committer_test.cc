#include "engine/pipeline/committer.h"

#include <gmock/gmock.h>

#include "engine/crypto/hash.h"
#include "engine/evidence/receipt.h"
#include "tests/engine/pipeline/committer_fixture.h"

namespace quotemill {
namespace {

using testing::baseline_of;
using testing::codes;
using testing::CommitterTest;
using ::testing::ElementsAre;
using testing::EvidenceDraft;
using ::testing::IsEmpty;
using testing::kStaleAfter;
using testing::SoftwareHost;

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
  const std::vector<SoftwareHost> fleet = enrolled(10);
  std::vector<Judgement> batch;
  for (const SoftwareHost& each : fleet) {
    batch.push_back(good_judgement(each));
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
  EXPECT_TRUE(engine.counters.commits_fail.load());
  // And the same again when the store is well: the numbers of changes have no gap.
  EXPECT_EQ(engine.commit(judgement).kind, ReplyKind::kReceipt);
  ASSERT_EQ(engine.changes.all().size(), 2U);
  EXPECT_EQ(engine.changes.all()[1].sequence, 2U);
  EXPECT_EQ(trust(), TrustState::kFailed);
  EXPECT_FALSE(engine.counters.commits_fail.load());
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
  EXPECT_EQ(changes[0].policy_version, 1);
  EXPECT_EQ(changes[0].rollout, "");
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

// Whether failed commits lie between or several changes in one batch.
TEST_F(CommitterTest, ChainsChangesAndNamesTheLossTheyBelongTo) {
  for (int i = 0; i < 9; ++i) {
    if (i % 4 == 0) {
      engine.store.fail_next_commit();
    }
    engine.attest(host, [i](EvidenceDraft& draft) {
      if (i % 3 != 2) {
        draft.extra_data = Bytes(32, 1);
      }
    });
  }
  const std::vector<Change> stored = *engine.store.changes(1, 100);
  ASSERT_GT(stored.size(), 3U);
  Digest before;
  std::uint64_t lost = 0;
  for (const Change& change : stored) {
    EXPECT_EQ(change.chain_before, before) << change.sequence;
    before = id_of(change);
    lost = change.current == TrustState::kFailed ? change.host_sequence : lost;
    EXPECT_EQ(change.trust_lost, lost) << change.sequence;
  }
  EXPECT_EQ(engine.state(host).trust_lost, trust() == TrustState::kTrusted ? 0U : lost);
}

TEST_F(CommitterTest, GoesOnWithTheChainThatWasStored) {
  CommitterStart start{"stream", 0, {}, {}, 1};
  start.chain.writable()[0] = 7;
  Committer committer({engine.store, engine.hosts, engine.replies, engine.changes, engine.clock,
                       engine.nonces, *engine.policies, engine.counters},
                      start);
  committer.start();
  std::vector<Judgement> batch;
  batch.push_back(good_judgement(host));
  committer.submit(std::move(batch), {});
  committer.stop();
  ASSERT_EQ(engine.changes.all().size(), 1U);
  EXPECT_EQ(engine.changes.all().front().chain_before, start.chain);
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
