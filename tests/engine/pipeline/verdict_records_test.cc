// What the commit stage takes for a reaffirmation, seen where it is written.
#include "engine/pipeline/verdict_records.h"

#include <gmock/gmock.h>

#include "tests/engine/pipeline/small_engine.h"

namespace quotemill {
namespace {

using testing::baseline_of;
using testing::EvidenceDraft;
using testing::SmallEngine;
using testing::SoftwareHost;

class ReaffirmedTest : public ::testing::Test {
 protected:
  ReaffirmedTest() {
    engine.enrol(host);
    engine.attest(host);
    engine.attest(host);
    EXPECT_EQ(reaffirmed(), 1U) << "nothing had changed";
  }

  std::uint64_t reaffirmed() { return engine.counters.reaffirmed.load(); }

  std::vector<HistoryEntry> history() { return *engine.store.history(host.record().uid, 0, 100); }

  // One more attestation, a minute later.
  void attest(const testing::ChangeDraft& change = {},
              const testing::ChangeSubmission& change_submission = {}) {
    engine.clock.advance(60'000);
    host.clock.clock_ms += 60'000;
    engine.attest(host, change, change_submission);
  }

  void expect_edge(const char* what) {
    EXPECT_EQ(reaffirmed(), 1U) << what;
    EXPECT_EQ(history().front().count(), 1U) << what;
    EXPECT_EQ(history().front().sequence, engine.state(host).sequence) << what;
  }

  SoftwareHost host;
  SmallEngine engine{default_policy(), {baseline_of(SoftwareHost())}};
};

TEST_F(ReaffirmedTest, UnchangedAttestationsBecomeOneRun) {
  for (int i = 0; i < 10; ++i) {
    attest();
  }
  EXPECT_EQ(reaffirmed(), 11U);
  EXPECT_EQ(engine.counters.attestations.load(), 12U);
  EXPECT_EQ(engine.counters.verdicts[static_cast<std::size_t>(TrustState::kTrusted)].load(), 12U);
  const std::vector<HistoryEntry> entries = history();
  ASSERT_EQ(entries.size(), 1U);
  EXPECT_EQ(entries[0].sequence, 12U);
  EXPECT_EQ(entries[0].first_sequence(), 1U);
  EXPECT_EQ(entries[0].run->longest_gap_ms, 60'000);
  EXPECT_EQ(entries[0].run->interactive, 12U);
  EXPECT_EQ(engine.state(host).receipt.empty(), false);
  EXPECT_EQ(engine.changes.all().size(), 1U);
}

TEST_F(ReaffirmedTest, AVerdictForTheSameFindingsIsOneToo) {
  host.boot.push_back(testing::measured(9, event_type::kIpl, "evil"));
  attest();
  ASSERT_EQ(engine.state(host).state, TrustState::kFailed);
  expect_edge("failed");
  attest();
  EXPECT_EQ(engine.state(host).state, TrustState::kFailed);
  EXPECT_EQ(reaffirmed(), 2U);
}

TEST_F(ReaffirmedTest, TheFirstVerdictIsAnEdge) {
  const SoftwareHost other(KeyKind::kEcP256, 1);
  engine.enrol(other);
  engine.attest(other);
  EXPECT_EQ(reaffirmed(), 1U);
}

TEST_F(ReaffirmedTest, AReportedRebootIsAnEdge) {
  host.reboot();
  attest();
  ASSERT_EQ(engine.state(host).state, TrustState::kTrusted);
  expect_edge("reboot");
}

TEST_F(ReaffirmedTest, ABootLogThatCameWithItIsAnEdge) {
  attest({}, [this](Submission& submission) { submission.boot_log = host.log(); });
  ASSERT_EQ(engine.state(host).state, TrustState::kTrusted);
  expect_edge("a boot log");
}

TEST_F(ReaffirmedTest, OtherFactsAreAnEdge) {
  host.facts.kernel = "6.1.0-45-amd64";
  attest();
  expect_edge("facts");
}

TEST_F(ReaffirmedTest, ANewSnapshotIsAnEdge) {
  ASSERT_TRUE(engine.committer.change([&](const RegistryView&) -> Result<IdentityUpdate> {
    IdentityUpdate update;
    update.baseline = baseline_of(host, "golden", 2);
    return update;
  }));
  attest();
  expect_edge("snapshot");
}

void answer_another_nonce(EvidenceDraft& draft) {
  draft.extra_data = Bytes(32, 0);
}

TEST_F(ReaffirmedTest, EvidenceThatFailsUnprovenIsAnEdgeOnceAndThenOneRun) {
  attest(answer_another_nonce);
  ASSERT_EQ(engine.state(host).state, TrustState::kFailed);
  expect_edge("another nonce's quote");
  const std::size_t changes = engine.changes.all().size();
  for (int i = 0; i < 4; ++i) {
    attest(answer_another_nonce);
  }
  EXPECT_EQ(reaffirmed(), 5U);
  EXPECT_EQ(engine.counters.verdicts[static_cast<std::size_t>(TrustState::kFailed)].load(), 5U);
  EXPECT_EQ(engine.changes.all().size(), changes) << "told once";
  EXPECT_EQ(history().front().sequence, 7U);
  EXPECT_EQ(history().front().verdict.findings.front().code, FindingCode::kQuoteNonce);
  EXPECT_EQ(engine.state(host).sequence, 7U);
  EXPECT_TRUE(engine.state(host).proof) << "what was proven before stays";
}

TEST_F(ReaffirmedTest, EvidenceThatFailsForAnotherReasonIsAnEdge) {
  attest(answer_another_nonce);
  attest(answer_another_nonce);
  ASSERT_EQ(reaffirmed(), 2U);
  attest({}, [](Submission& submission) { submission.item.resize(40); });
  EXPECT_EQ(reaffirmed(), 2U) << "malformed now";
  EXPECT_EQ(history().front().count(), 1U);
  attest(answer_another_nonce);
  EXPECT_EQ(reaffirmed(), 2U);
}

TEST_F(ReaffirmedTest, GoodEvidenceAfterFailuresIsAnEdge) {
  attest(answer_another_nonce);
  attest(answer_another_nonce);
  attest();
  EXPECT_EQ(engine.state(host).state, TrustState::kTrusted);
  EXPECT_EQ(reaffirmed(), 2U);
  EXPECT_EQ(history().front().count(), 1U);
}

TEST_F(ReaffirmedTest, AFailureThatBroughtItsOwnLogIsAlwaysAnEdge) {
  const auto with_log = [](Submission& submission) { submission.boot_log = Bytes(100, 1); };
  for (int i = 0; i < 3; ++i) {
    attest(answer_another_nonce, with_log);
    ASSERT_EQ(engine.state(host).state, TrustState::kFailed);
    expect_edge("a log");
  }
}

TEST_F(ReaffirmedTest, AHostThatNeverProvedAnythingFailsInOneRunToo) {
  const SoftwareHost other(KeyKind::kEcP256, 1);
  engine.enrol(other);
  for (int i = 0; i < 3; ++i) {
    engine.attest(other, answer_another_nonce);
    EXPECT_EQ(engine.state(other).state, TrustState::kFailed);
  }
  EXPECT_EQ(reaffirmed(), 3U);
  engine.attest(other);
  EXPECT_EQ(engine.state(other).state, TrustState::kTrusted);
  EXPECT_EQ(reaffirmed(), 3U);
}

TEST_F(ReaffirmedTest, AQuoteThatHoldsAndRestsOnNoProofIsAlwaysAnEdge) {
  attest();
  const HostState previous = engine.state(host);
  HostState next = previous;
  ++next.sequence;
  Judgement judgement;
  ASSERT_TRUE(is_reaffirmation(judgement, previous, next)) << "nothing but the facts will differ";
  judgement.facts = previous.facts;
  EXPECT_FALSE(is_reaffirmation(judgement, previous, next));
  judgement.proof = previous.proof;
  EXPECT_FALSE(is_reaffirmation(judgement, previous, next)) << "another log";
  judgement.boot_log = previous.proof->log;
  EXPECT_TRUE(is_reaffirmation(judgement, previous, next));
}

TEST_F(ReaffirmedTest, ComingBackFromStaleIsAnEdge) {
  engine.clock.advance(600'000);
  host.clock.clock_ms += 600'000;
  engine.settle();
  ASSERT_EQ(engine.state(host).state, TrustState::kStale);
  attest();
  expect_edge("stale before");
  EXPECT_EQ(engine.state(host).state, TrustState::kTrusted);
}

TEST_F(ReaffirmedTest, TheSecondVerdictOfABatchIsAnEdge) {
  Judgement first = engine.judge(engine.submission(host));
  Judgement second = first;
  ++second.submission.challenge.sequence;
  engine.commit({first, second});
  EXPECT_EQ(engine.state(host).sequence, 4U);
  EXPECT_EQ(reaffirmed(), 2U);
  const std::vector<HistoryEntry> entries = history();
  ASSERT_EQ(entries.size(), 2U);
  EXPECT_EQ(entries[0].sequence, 4U);
  EXPECT_EQ(entries[1].sequence, 3U);
  EXPECT_EQ(entries[1].count(), 3U);
}

TEST_F(ReaffirmedTest, FailedCommit_OfAReaffirmationLeavesAllAsItWas) {
  const HostState before = engine.state(host);
  const Judgement judgement = engine.judge(engine.submission(host));
  engine.store.fail_next_commit();
  EXPECT_EQ(engine.commit(judgement).kind, ReplyKind::kError);
  EXPECT_EQ(engine.state(host).sequence, before.sequence);
  EXPECT_EQ(engine.state(host).receipt, before.receipt);
  EXPECT_EQ(reaffirmed(), 1U);
  EXPECT_EQ(history().front().sequence, 2U);
  EXPECT_EQ(engine.commit(judgement).kind, ReplyKind::kReceipt);
  EXPECT_EQ(reaffirmed(), 2U);
}

}  // namespace
}  // namespace quotemill
