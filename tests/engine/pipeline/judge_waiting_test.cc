// Evidence that lags by when it was received: held back by the host, which is a finding, or kept
// waiting here, which is nobody's fault but ours, and never a ground for trust.
#include <gmock/gmock.h>

#include "tests/engine/pipeline/small_engine.h"

namespace quotemill {
namespace {

using testing::baseline_of;
using testing::codes;
using ::testing::Contains;
using ::testing::Not;
using testing::policy_of;
using testing::SmallEngine;
using testing::SoftwareHost;

class JudgeWaiting : public ::testing::Test {
 protected:
  JudgeWaiting() {
    engine.enrol(host);
    engine.attest(host);
    host.clock.clock_ms += 1'000;
  }

  // Quoted a second after its nonce was issued, read 200 s after it; came `came_ms` after it.
  Submission late(std::int64_t came_ms) const {
    Submission submission = engine.submission(host);
    submission.challenge.kind = NonceKind::kPreissued;
    submission.received.boot.ms = submission.challenge.issued.ms + 200'000;
    submission.waiting_since.ms = submission.challenge.issued.ms + came_ms;
    return submission;
  }

  void expect_asked_again(Submission submission) {
    const HostState before = engine.state(host);
    Judgement judgement = engine.judge(std::move(submission));
    ASSERT_EQ(judgement.kind, JudgementKind::kError);
    EXPECT_EQ(judgement.error.code, ErrorCode::kExpired);
    const Reply reply = engine.commit(std::move(judgement));
    EXPECT_EQ(reply.kind, ReplyKind::kError);
    EXPECT_EQ(reply.error.code, ErrorCode::kExpired);
    const HostState after = engine.state(host);
    EXPECT_EQ(after.sequence, before.sequence);
    EXPECT_EQ(after.state, before.state);
    EXPECT_EQ(after.counters->clock.clock_ms, before.counters->clock.clock_ms);
  }

  SoftwareHost host;
  SmallEngine engine{default_policy(), {baseline_of(SoftwareHost())}};
};

TEST_F(JudgeWaiting, ALagThatIsCertainIsFailed) {
  const Judgement judgement = engine.judge(late(200'000));
  ASSERT_EQ(judgement.kind, JudgementKind::kVerdict);
  EXPECT_EQ(judgement.verdict.state, TrustState::kFailed);
  EXPECT_THAT(codes(judgement.verdict.findings), Contains(FindingCode::kQuoteClockLag));
}

TEST_F(JudgeWaiting, ALagThatIsNotIsNoVerdict) {
  expect_asked_again(late(5'000));
  expect_asked_again(late(0));
  EXPECT_EQ(engine.counters.asked_again.load(), 2U);
  EXPECT_EQ(engine.counters.internal_errors.load(), 0U) << "no bug";
}

TEST_F(JudgeWaiting, WhatNobodySaysWhenItCameIsNoVerdict) {
  Submission submission = late(0);
  submission.waiting_since = {};
  expect_asked_again(std::move(submission));
}

TEST_F(JudgeWaiting, NoPolicyThatMindsALagHasWhatWaitedTrusted) {
  for (const char* action : {"info", "warn", "fail"}) {
    SmallEngine other(policy_of("[counters]\nclock_lag = \"" + std::string(action) + "\""),
                      {baseline_of(SoftwareHost())});
    const SoftwareHost fresh;
    other.enrol(fresh);
    other.attest(fresh);
    Submission submission = other.submission(fresh);
    submission.challenge.kind = NonceKind::kPreissued;
    submission.received.boot.ms += 200'000;
    const Judgement judgement = other.judge(std::move(submission));
    EXPECT_EQ(judgement.kind, JudgementKind::kError) << action;
  }
}

// However old it is, the host's own TPM signed it for this nonce.
TEST_F(JudgeWaiting, WhatItProvesToBeWrongIsAVerdictAllTheSame) {
  host.boot.push_back(testing::measured(9, event_type::kIpl, "/boot/evil"));
  Submission submission = late(0);
  submission.boot_log = host.log();
  const Judgement judgement = engine.judge(std::move(submission));
  ASSERT_EQ(judgement.kind, JudgementKind::kVerdict);
  EXPECT_EQ(judgement.verdict.state, TrustState::kFailed);
  EXPECT_THAT(codes(judgement.verdict.findings), Contains(FindingCode::kBootEventUnexpected));
  EXPECT_THAT(codes(judgement.verdict.findings), Not(Contains(FindingCode::kQuoteClockLag)));
}

TEST_F(JudgeWaiting, ItsLogIsAskedForWithTheFreshQuote) {
  host.boot.push_back(testing::measured(9, event_type::kIpl, "/boot/evil"));
  const std::uint64_t asked = engine.counters.logs_asked.load();
  expect_asked_again(late(0));
  EXPECT_EQ(engine.counters.logs_asked.load(), asked);
}

TEST_F(JudgeWaiting, WhatTheServerFoundOutBeforeIsAVerdictAllTheSame) {
  for (const FindingCode code : {FindingCode::kLogWithheld, FindingCode::kQuoteNonceReused}) {
    Submission submission = late(0);
    submission.foregone = code;
    const Judgement judgement = engine.judge(std::move(submission));
    EXPECT_EQ(judgement.kind, JudgementKind::kVerdict);
    EXPECT_EQ(judgement.verdict.state, TrustState::kFailed);
  }
}

}  // namespace
}  // namespace quotemill
