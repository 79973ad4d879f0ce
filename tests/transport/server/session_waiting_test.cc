// When evidence came, as a SessionTable tells the engine: not only when it was read.
#include <gtest/gtest.h>

#include "tests/transport/server/session_fixture.h"

namespace quotemill::transport {
namespace {

class SessionWaiting : public testing::SessionTest {
 protected:
  SessionWaiting() { attest(true); }

  // For the nonce of the last receipt.
  [[nodiscard]] Bytes due() const {
    return item(state().sequence + 1, preissued(), NonceKind::kPreissued);
  }

  // What is accepted `after_ms` from now.
  Submission accepted(std::int64_t after_ms, const Bytes& item) {
    now_ms_ += after_ms;
    EXPECT_FALSE(send(evidence(item)));
    return take();
  }

  // For how long what is accepted `after_ms` from now may have waited.
  std::int64_t waited(std::int64_t after_ms, const Bytes& item) {
    const Submission submission = accepted(after_ms, item);
    return submission.received.boot.ms - submission.waiting_since.ms;
  }

  // The inbox is full `after_ms` from now, and has room again then. When it was.
  BootTime told_busy(std::int64_t after_ms, const Bytes& item) {
    now_ms_ += after_ms;
    while (inbox_.offer(Submission{})) {
    }
    EXPECT_TRUE(is<BusyMessage>(send(evidence(item))));
    take_all();
    return now().boot;
  }
};

TEST_F(SessionWaiting, WhatIsReadAsItComesDidNotWait) {
  EXPECT_EQ(waited(60'000, due()), 0);
}

TEST_F(SessionWaiting, WhatIsReadLateMayHaveWaitedThatLong) {
  read_late_ms_ = 45'000;
  const Submission submission = accepted(60'000, due());
  EXPECT_EQ(submission.received.boot, now().boot);
  EXPECT_EQ(submission.waiting_since.ms, now().boot.ms - 45'000);
}

TEST_F(SessionWaiting, NothingWaitsSinceBeforeItWasAskedFor) {
  read_late_ms_ = 300'000;
  const Submission submission = accepted(60'000, due());
  EXPECT_EQ(submission.waiting_since, submission.challenge.issued);
}

TEST_F(SessionWaiting, WhatFoundTheInboxFullIsWaitingSinceItFirstDid) {
  const Bytes item = due();
  const BootTime first = told_busy(10'000, item);
  told_busy(20'000, item);
  const Submission submission = accepted(60'000, item);
  EXPECT_EQ(submission.waiting_since, first);
  EXPECT_EQ(submission.received.boot, now().boot);
}

TEST_F(SessionWaiting, WhatWasReadLateAndFoundTheInboxFullIsWaitingSinceTheEarlier) {
  const Bytes item = due();
  read_late_ms_ = 5'000;
  const BootTime first = told_busy(10'000, item);
  read_late_ms_ = 0;
  EXPECT_EQ(accepted(60'000, item).waiting_since.ms, first.ms - 5'000);
}

TEST_F(SessionWaiting, ABusyOfAnEarlierSequenceIsNoExcuse) {
  const Bytes item = due();
  told_busy(10'000, item);
  deliver(judge(accepted(5'000, item), true));
  EXPECT_EQ(waited(60'000, due()), 0);
}

// The verdict came, though the session had given it up: so the sequence is over.
TEST_F(SessionWaiting, ABusyOfASequenceWhoseVerdictCameTooLateIsNoExcuse) {
  const Bytes item = due();
  told_busy(10'000, item);
  const Reply late = judge(accepted(5'000, item), true);
  now_ms_ += 120'000;
  send(hello());
  deliver_all(late);
  const ChallengeMessage open = challenged();
  EXPECT_EQ(waited(10'000, this->item(3, open.nonce)), 0);
}

TEST_F(SessionWaiting, WhatAFaultOfOursPutOffIsWaitingSinceItCame) {
  for (const ErrorCode code : {ErrorCode::kStorage, ErrorCode::kBusy}) {
    const Bytes item = due();
    const Submission first = accepted(10'000, item);
    deliver(error_reply(first, code));
    const Submission second = accepted(60'000, item);
    EXPECT_EQ(second.waiting_since, first.received.boot);
    deliver(judge(second, true));
  }
}

TEST_F(SessionWaiting, WhatThePipelineLostIsWaitingSinceItCame) {
  const Bytes item = due();
  const Submission lost = accepted(10'000, item);
  EXPECT_EQ(accepted(120'000, item).waiting_since, lost.received.boot);
}

TEST_F(SessionWaiting, TheLogsThatItNeedsMakeItNoLater) {
  read_late_ms_ = 2'000;
  const Submission first = accepted(10'000, due());
  EXPECT_TRUE(is<NeedMessage>(deliver(reply_to(first, ReplyKind::kNeedLog))));
  now_ms_ += 20'000;
  EXPECT_FALSE(send(segment(2, 3, 0, {1, 2, 3})));
  const Submission second = take();
  EXPECT_EQ(second.boot_log, (Bytes{1, 2, 3}));
  EXPECT_EQ(second.received.boot, first.received.boot);
  EXPECT_EQ(second.waiting_since, first.waiting_since);
}

TEST_F(SessionWaiting, WhatWasAskedForBeforeTheServerStartedMayHaveBeenSentAtAnyTime) {
  now_ms_ += 10'000;
  restart_table();
  opened_ms_ = now_ms_;
  const Submission submission = accepted(60'000, due());
  EXPECT_EQ(submission.waiting_since, submission.challenge.issued);
  deliver(judge(submission, true));
  EXPECT_EQ(waited(60'000, due()), 0) << "asked for since";
}

TEST_F(SessionWaiting, WhatMayHaveWaitedTooLongGetsAChallengeThatIsAnsweredAfresh) {
  const Bytes old = due();
  const Submission waited = accepted(60'000, old);
  const auto answer = deliver(error_reply(waited, ErrorCode::kExpired));
  ASSERT_EQ(code_of(answer), ErrorCode::kExpired);
  const auto& message = std::get<ErrorMessage>(*answer);
  EXPECT_NE(message.message.find("waited"), std::string::npos) << message.message;
  ASSERT_TRUE(message.challenge);
  EXPECT_EQ(message.challenge->sequence, 2U);
  EXPECT_EQ(table_->in_flight(), 0U);
  // The old one again is no reuse, and no way to be judged.
  EXPECT_EQ(code_of(send(evidence(old))), ErrorCode::kExpired);
  EXPECT_EQ(inbox_.depth(), 0U);
  EXPECT_FALSE(answer_challenge(*message.challenge));
  const Submission fresh = take();
  EXPECT_EQ(fresh.challenge.kind, NonceKind::kInteractive);
  EXPECT_FALSE(fresh.foregone);
  EXPECT_TRUE(is<ReceiptMessage>(deliver(judge(fresh))));
}

TEST_F(SessionWaiting, ItGetsTheChallengeThatItAskedForMeanwhile) {
  const Submission waited = accepted(60'000, due());
  EXPECT_FALSE(send(hello()));
  EXPECT_TRUE(is<ChallengeMessage>(deliver(error_reply(waited, ErrorCode::kExpired))));
}

}  // namespace
}  // namespace quotemill::transport
