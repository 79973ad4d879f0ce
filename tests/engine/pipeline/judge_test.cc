#include "engine/pipeline/judge.h"

#include <gmock/gmock.h>

#include "engine/crypto/hash.h"
#include "engine/evidence/evidence_codec.h"
#include "engine/evidence/receipt.h"
#include "tests/engine/pipeline/small_engine.h"
#include "tests/engine/pipeline/tells_all.h"
#include "tests/support/changed_proof.h"

namespace quotemill {
namespace {

using testing::baseline_of;
using testing::change_proof;
using testing::codes;
using ::testing::Contains;
using ::testing::ElementsAre;
using testing::EvidenceDraft;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::policy_of;
using testing::SmallEngine;
using testing::SoftwareHost;

class Judge : public ::testing::Test {
 protected:
  Judge() { engine.enrol(host); }

  Judgement judge(const testing::ChangeDraft& change = {}) {
    return engine.judge(engine.submission(host, change));
  }

  Judgement judge_with_log(const testing::ChangeDraft& change = {}) {
    Submission submission = engine.submission(host, change);
    submission.boot_log = host.log();
    return engine.judge(std::move(submission));
  }

  SoftwareHost host;
  SmallEngine engine{default_policy(), {baseline_of(SoftwareHost())}};
};

TEST_F(Judge, AsksForTheLogOfAHostThatWasNeverProven) {
  const Judgement judgement = judge();
  EXPECT_EQ(judgement.kind, JudgementKind::kNeedLog);
  EXPECT_EQ(engine.counters.logs_asked.load(), 1U);
}

TEST_F(Judge, TrustsAProvenBootThatTheBaselineExplains) {
  const Judgement judgement = judge_with_log();
  ASSERT_EQ(judgement.kind, JudgementKind::kVerdict);
  EXPECT_EQ(judgement.verdict.state, TrustState::kTrusted);
  ASSERT_TRUE(judgement.proof);
  EXPECT_EQ(judgement.proof->pcrs.values(), host.pcrs(host.selection.bank, host.selection.mask));
  EXPECT_EQ(judgement.proof->reset_count, host.clock.reset_count);
  EXPECT_EQ(judgement.proof->log, judgement.evidence);
  EXPECT_EQ(judgement.proof->event_count, 31U) << "29 and the header and the locality";
  EXPECT_EQ(judgement.boot_log, judgement.proof->log);
  EXPECT_EQ(judgement.counters->clock, host.clock);
  EXPECT_EQ(judgement.facts->kernel, host.facts.kernel);
  EXPECT_EQ(judgement.evidence, hash(HashAlgorithm::kSha256, judgement.submission.item));
  EXPECT_EQ(judgement.verdict.snapshot, engine.snapshot()->id());
}

TEST_F(Judge, HasAProvenLogToldWhileItIsAtHand) {
  const testing::TellsAll all;
  engine.logs = &all;
  const Judgement judgement = judge_with_log();
  ASSERT_TRUE(judgement.telling);
  EXPECT_EQ(judgement.telling->steps, judgement.submission.boot_log);
  EXPECT_FALSE(judge().telling) << "no log came";
}

TEST_F(Judge, HasNoLogToldThatWasNotProven) {
  const testing::TellsAll all;
  engine.logs = &all;
  Submission submission = engine.submission(host);
  submission.boot_log = host.log();
  submission.boot_log.pop_back();
  const Judgement judgement = engine.judge(std::move(submission));
  ASSERT_EQ(judgement.kind, JudgementKind::kVerdict);
  EXPECT_FALSE(judgement.proof);
  EXPECT_FALSE(judgement.telling);
}

TEST_F(Judge, CountsFreshnessFromTheIssueOfTheNonce) {
  Submission submission = engine.submission(host);
  submission.boot_log = host.log();
  const Challenge challenge = submission.challenge;
  engine.clock.advance(20'000);
  submission.received = engine.clock.now();
  const Judgement judgement = engine.judge(std::move(submission));
  EXPECT_EQ(judgement.verdict.fresh_from, challenge.issued_wall);
  EXPECT_EQ(judgement.verdict.valid_until.ms, challenge.issued_wall.ms + 300'000);
}

TEST_F(Judge, IsContentWithAQuoteWhileNothingChanged) {
  engine.attest(host);
  host.clock.clock_ms += 60'000;
  const Judgement judgement = judge([](EvidenceDraft& draft) { draft.sent.clear(); });
  ASSERT_EQ(judgement.kind, JudgementKind::kVerdict);
  EXPECT_EQ(judgement.verdict.state, TrustState::kTrusted);
  EXPECT_EQ(engine.counters.quote_enough.load(), 1U);
  EXPECT_EQ(judgement.boot_log, engine.state(host).proof->log);
  EXPECT_NE(judgement.boot_log, judgement.evidence);
}

TEST_F(Judge, InheritsTheFindingsOfTheProof) {
  host.boot.push_back(testing::measured(9, event_type::kIpl, "/boot/evil"));
  engine.attest(host);
  const HostState first = engine.state(host);
  EXPECT_EQ(first.state, TrustState::kFailed);
  ASSERT_TRUE(first.proof) << "proven, though nothing good was";
  engine.attest(host);
  EXPECT_EQ(engine.counters.quote_enough.load(), 1U);
  EXPECT_EQ(engine.state(host).state, TrustState::kFailed);
  EXPECT_EQ(engine.state(host).verdict.findings, first.verdict.findings);
}

TEST_F(Judge, AsksForTheLogWhenAPcrChanged) {
  engine.attest(host);
  host.boot.push_back(testing::measured(14, event_type::kIpl, "MokListTrusted"));
  EXPECT_EQ(judge().kind, JudgementKind::kNeedLog);
}

TEST_F(Judge, AsksForTheLogAfterEachReset) {
  engine.attest(host);
  host.reboot();
  EXPECT_EQ(judge().kind, JudgementKind::kNeedLog);
}

TEST_F(Judge, NeverKeepsAProofAcrossAResetEvenIfAllPcrsAreTheSame) {
  engine.attest(host);
  host.reboot();
  const Judgement judgement = judge_with_log();
  ASSERT_TRUE(judgement.proof);
  EXPECT_EQ(judgement.proof->reset_count, host.clock.reset_count);
  // And none at all if the log does not prove it any more.
  Submission submission = engine.submission(host);
  submission.boot_log = host.log();
  submission.boot_log.pop_back();
  const Judgement unproven = engine.judge(std::move(submission));
  EXPECT_EQ(unproven.kind, JudgementKind::kVerdict);
  EXPECT_EQ(unproven.verdict.state, TrustState::kFailed);
  EXPECT_FALSE(unproven.proof);
}

TEST_F(Judge, ForgetsTheProofOfAnotherGeneration) {
  engine.attest(host);
  HostState state = engine.state(host);
  ++host.record().generation;
  const Submission submission = engine.submission(host);
  const Judgement judgement = quotemill::judge(
      submission, {*engine.policies->current(), std::make_shared<const HostState>(state),
                   engine.server_key, engine.keys, engine.store, engine.counters, engine.extends});
  EXPECT_EQ(judgement.kind, JudgementKind::kNeedLog);
}

TEST_F(Judge, KnowsNoValuesOfAnotherGeneration) {
  engine.attest(host);
  const HostState state = engine.state(host);
  ++host.record().generation;
  const Submission submission =
      engine.submission(host, [](EvidenceDraft& draft) { draft.sent.clear(); });
  const Judgement judgement = quotemill::judge(
      submission, {*engine.policies->current(), std::make_shared<const HostState>(state),
                   engine.server_key, engine.keys, engine.store, engine.counters, engine.extends});
  EXPECT_THAT(codes(judgement.verdict.findings), ElementsAre(FindingCode::kQuotePcrValues));
}

TEST_F(Judge, JudgesTheStoredLogAgainWhenTheSnapshotChanged) {
  engine.attest(host);
  EXPECT_EQ(engine.state(host).state, TrustState::kTrusted);
  SoftwareHost other;
  other.boot.push_back(testing::measured(9, event_type::kIpl, "/boot/newer"));
  engine.policies->add(baseline_of(other, "golden", 2));
  const Judgement judgement = judge();
  ASSERT_EQ(judgement.kind, JudgementKind::kVerdict);
  EXPECT_EQ(engine.counters.stored_log_judged.load(), 1U);
  EXPECT_EQ(judgement.verdict.state, TrustState::kFailed);
  EXPECT_THAT(codes(judgement.verdict.findings), Contains(FindingCode::kBootEventMissing));
  EXPECT_EQ(judgement.verdict.snapshot, engine.snapshot()->id());
  ASSERT_TRUE(judgement.proof);
  EXPECT_EQ(judgement.proof->snapshot, engine.snapshot()->id());
}

TEST_F(Judge, AsksForTheLogWhenTheSnapshotChangedAndTheStoredOneIsGone) {
  engine.attest(host);
  HostState state = engine.state(host);
  change_proof(state, [](BootProof& proof) {
    proof.log = hash(HashAlgorithm::kSha256, as_bytes("never stored"));
    proof.snapshot.fill(1);
  });
  const Judgement judgement = quotemill::judge(
      engine.submission(host),
      {*engine.policies->current(), std::make_shared<const HostState>(state), engine.server_key,
       engine.keys, engine.store, engine.counters, engine.extends});
  EXPECT_EQ(judgement.kind, JudgementKind::kNeedLog);
}

TEST_F(Judge, FailsAHostWithoutABootLog) {
  const Judgement judgement = judge([](EvidenceDraft& draft) { draft.header.boot_log_bytes = 0; });
  ASSERT_EQ(judgement.kind, JudgementKind::kVerdict);
  EXPECT_EQ(judgement.verdict.state, TrustState::kFailed);
  EXPECT_THAT(codes(judgement.verdict.findings), ElementsAre(FindingCode::kLogAbsent));
  EXPECT_FALSE(judgement.proof);
}

TEST_F(Judge, FailsWithTheForegoneFinding) {
  for (const FindingCode code : {FindingCode::kLogWithheld, FindingCode::kQuoteNonceReused}) {
    Submission submission = engine.submission(host);
    submission.boot_log = host.log();
    submission.foregone = code;
    const Judgement judgement = engine.judge(std::move(submission));
    ASSERT_EQ(judgement.kind, JudgementKind::kVerdict);
    EXPECT_EQ(judgement.verdict.state, TrustState::kFailed);
    EXPECT_THAT(codes(judgement.verdict.findings), ElementsAre(code));
    EXPECT_FALSE(judgement.proof);
    EXPECT_FALSE(judgement.counters);
  }
}

// What answers an open challenge on the host's own channel always ends in a verdict.
TEST_F(Judge, FailsMalformedEvidenceCutAtEveryByte) {
  const Submission whole = engine.submission(host);
  for (std::size_t size = 0; size < whole.item.size(); ++size) {
    Submission cut = whole;
    cut.item.resize(size);
    const Judgement judgement = engine.judge(std::move(cut));
    ASSERT_EQ(judgement.kind, JudgementKind::kVerdict) << size;
    ASSERT_EQ(judgement.verdict.state, TrustState::kFailed) << size;
    ASSERT_THAT(codes(judgement.verdict.findings), ElementsAre(FindingCode::kEvidenceMalformed));
  }
}

TEST_F(Judge, NeverTrustsEvidenceWithAChangedByte) {
  engine.attest(host);
  const Submission whole = engine.submission(host);
  for (std::size_t at = 0; at < whole.item.size(); at += 3) {
    for (const std::uint8_t flip : std::initializer_list<std::uint8_t>{0x01, 0x80, 0xFF}) {
      Submission changed = whole;
      changed.item[at] ^= flip;
      const Judgement judgement = engine.judge(std::move(changed));
      ASSERT_EQ(judgement.kind, JudgementKind::kVerdict) << at;
      ASSERT_EQ(judgement.verdict.state, TrustState::kFailed) << at;
    }
  }
}

TEST_F(Judge, IsAnErrorIfTheEnrolledKeyCannotBeRead) {
  Submission submission = engine.submission(host);
  auto record = std::make_shared<HostRecord>(host.record());
  record->ak_public.pop_back();
  record->uid.bytes.back() ^= 1;  // not yet in the cache of keys
  submission.host = record;
  const Judgement judgement = engine.judge(std::move(submission));
  EXPECT_EQ(judgement.kind, JudgementKind::kError);
}

TEST_F(Judge, KeepsTheLastGoodCountersWhenTheNewOnesFail) {
  engine.attest(host);
  const ClockInfo good = engine.state(host).counters->clock;
  host.boot_id.front() ^= 1;  // kexec
  host.clock.clock_ms += 1000;
  const Judgement judgement = judge();
  EXPECT_THAT(codes(judgement.verdict.findings), Contains(FindingCode::kBootKexec));
  ASSERT_TRUE(judgement.counters);
  EXPECT_EQ(judgement.counters->clock, good);
}

TEST_F(Judge, KeepsTheNonceOfTheEpochBeforeIfThatWasAnswered) {
  Submission submission = engine.submission(host);
  const Nonce answered = submission.challenge.nonce;
  submission.challenge.alternative = answered;
  submission.challenge.nonce.fill(9);
  submission.boot_log = host.log();
  const Judgement judgement = engine.judge(std::move(submission));
  EXPECT_EQ(judgement.verdict.state, TrustState::kTrusted);
  EXPECT_EQ(judgement.submission.challenge.nonce, answered);
}

TEST_F(Judge, KeepsNoMoreFindingsInTheProofThanInAVerdict) {
  for (int i = 0; i < 500; ++i) {
    host.boot.push_back(testing::measured(9, event_type::kIpl, "file " + std::to_string(i)));
  }
  const Judgement judgement = judge_with_log();
  EXPECT_EQ(judgement.verdict.findings.size(), limits::kFindingsMax);
  EXPECT_GT(judgement.verdict.findings_dropped, 400U);
  ASSERT_TRUE(judgement.proof);
  EXPECT_EQ(judgement.proof->findings.size(), limits::kFindingsMax);
  EXPECT_EQ(worst_of(judgement.proof->findings), Severity::kFail);
}

TEST_F(Judge, EscapesWhatAHostSaysInItsLog) {
  host.boot.push_back(testing::measured(9, event_type::kIpl, "evil\n\x1b[31m|=\\\"\xff"));
  const Judgement judgement = judge_with_log();
  for (const Finding& finding : judgement.verdict.findings) {
    for (const char letter : message_of(finding)) {
      EXPECT_TRUE(letter >= 0x20 && letter < 0x7F) << message_of(finding);
    }
  }
}

}  // namespace
}  // namespace quotemill
