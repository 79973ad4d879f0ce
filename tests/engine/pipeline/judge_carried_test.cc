// Evidence that came through a gateway: what only the host can have made is judged as ever, and
// what anybody on the way could have made is no verdict.
#include <gmock/gmock.h>

#include "tests/engine/pipeline/small_engine.h"

namespace quotemill {
namespace {

using testing::baseline_of;
using testing::codes;
using ::testing::Contains;
using testing::EvidenceDraft;
using testing::SmallEngine;
using testing::SoftwareHost;

class JudgeCarried : public ::testing::Test {
 protected:
  JudgeCarried() { engine.enrol(host); }

  Submission carried(const testing::ChangeDraft& change = {}) {
    Submission submission = engine.submission(host, change);
    submission.carried = true;
    return submission;
  }

  // Nothing is recorded of it, and it is answered with an Error.
  void expect_nobodys(Submission submission, FindingCode why) {
    const HostState before = engine.state(host);
    Judgement judgement = engine.judge(std::move(submission));
    ASSERT_EQ(judgement.kind, JudgementKind::kUnproven) << name_of(why);
    EXPECT_EQ(judgement.error.detail, name_of(why));
    const Reply reply = engine.commit(std::move(judgement));
    EXPECT_EQ(reply.kind, ReplyKind::kUnproven);
    const HostState after = engine.state(host);
    EXPECT_EQ(after.state, before.state);
    EXPECT_EQ(after.sequence, before.sequence);
    EXPECT_TRUE(after.verdict.findings == before.verdict.findings);
  }

  SoftwareHost host;
  SmallEngine engine{default_policy(), {baseline_of(SoftwareHost())}};
};

TEST_F(JudgeCarried, AnHonestHostIsTrusted) {
  const auto through_a_gateway = [](Submission& submission) { submission.carried = true; };
  EXPECT_EQ(engine.attest(host, {}, through_a_gateway).kind, ReplyKind::kReceipt);
  EXPECT_EQ(engine.state(host).state, TrustState::kTrusted);
}

TEST_F(JudgeCarried, ATamperedBootFailsAsOnTheHostsOwnChannel) {
  host.boot.push_back(testing::measured(9, event_type::kIpl, "/boot/evil"));
  const auto through_a_gateway = [](Submission& submission) { submission.carried = true; };
  EXPECT_EQ(engine.attest(host, {}, through_a_gateway).kind, ReplyKind::kReceipt);
  EXPECT_EQ(engine.state(host).state, TrustState::kFailed);
  EXPECT_THAT(engine.blame(host), Contains(FindingCode::kBootEventUnexpected));
}

TEST_F(JudgeCarried, AForgedSignatureIsNobodys) {
  engine.attest(host);
  expect_nobodys(carried([](EvidenceDraft& draft) {
                   draft.change_signature = [](Bytes& signature) { signature.back() ^= 1; };
                 }),
                 FindingCode::kQuoteSignature);
  EXPECT_EQ(engine.counters.unproven.load(), 1U);
  EXPECT_EQ(engine.counters.internal_errors.load(), 0U);
}

TEST_F(JudgeCarried, AQuoteForAnotherNonceIsNobodys) {
  Submission replayed = carried();
  replayed.challenge.nonce[0] ^= 1;
  expect_nobodys(std::move(replayed), FindingCode::kQuoteNonce);
}

TEST_F(JudgeCarried, AnotherHostsQuoteIsNobodys) {
  SoftwareHost other(KeyKind::kEcP256, 1);
  engine.enrol(other);
  Submission mixed = carried();
  mixed.item = engine.submission(other).item;
  const Judgement judgement = engine.judge(std::move(mixed));
  EXPECT_EQ(judgement.kind, JudgementKind::kUnproven);
}

TEST_F(JudgeCarried, PcrValuesThatWereChangedOnTheWayAreNobodys) {
  Submission changed = carried();
  changed.item.back() ^= 1;
  expect_nobodys(std::move(changed), FindingCode::kQuotePcrDigest);
  expect_nobodys(carried([](EvidenceDraft& draft) { draft.sent.clear(); }),
                 FindingCode::kQuotePcrValues);
}

TEST_F(JudgeCarried, WhatTheServerFoundOutBeforeIsNobodysEither) {
  for (const FindingCode code : {FindingCode::kLogWithheld, FindingCode::kQuoteNonceReused}) {
    Submission submission = carried();
    submission.foregone = code;
    expect_nobodys(std::move(submission), code);
  }
}

// Evidence with any byte changed, and cut at any: never a verdict, and never trusted.
TEST_F(JudgeCarried, NoDamageOnTheWayMakesAVerdict) {
  engine.attest(host);
  const Submission whole = carried();
  for (std::size_t at = 0; at < whole.item.size(); at += 3) {
    Submission changed = whole;
    changed.item[at] ^= 0x80;
    ASSERT_EQ(engine.judge(std::move(changed)).kind, JudgementKind::kUnproven) << at;
    Submission cut = whole;
    cut.item.resize(at);
    ASSERT_EQ(engine.judge(std::move(cut)).kind, JudgementKind::kUnproven) << at;
  }
}

TEST_F(JudgeCarried, EvidenceHeldBackOnTheWayIsNobodys) {
  engine.attest(host);
  host.clock.clock_ms += 60'000;
  Submission late = carried();
  late.challenge.kind = NonceKind::kPreissued;
  late.received.boot.ms = late.challenge.issued.ms + 200'000;
  late.waiting_since = late.received.boot;
  Submission direct = late;
  direct.carried = false;
  EXPECT_THAT(codes(engine.judge(std::move(direct)).verdict.findings),
              Contains(FindingCode::kQuoteClockLag));
  expect_nobodys(std::move(late), FindingCode::kQuoteClockLag);
}

TEST_F(JudgeCarried, EvidenceThatMayHaveWaitedHereIsAskedForAgain) {
  engine.attest(host);
  host.boot.push_back(testing::measured(9, event_type::kIpl, "/boot/evil"));
  Submission late = carried();
  late.challenge.kind = NonceKind::kPreissued;
  late.received.boot.ms = late.challenge.issued.ms + 200'000;
  late.boot_log = host.log();
  const Judgement judgement = engine.judge(std::move(late));
  EXPECT_EQ(judgement.kind, JudgementKind::kError)
      << "whatever it proves: it may be held back, too";
  EXPECT_EQ(judgement.error.code, ErrorCode::kExpired);
}

}  // namespace
}  // namespace quotemill
