#include <gtest/gtest.h>

#include "engine/base/limits.h"
#include "tests/transport/server/session_fixture.h"

namespace quotemill::transport {
namespace {

class SessionLog : public testing::SessionTest {};

TEST_F(SessionLog, ALogInOrderGoesBackToTheInboxWithTheSameEvidence) {
  const Submission first = need_log();
  now_ms_ += 1'000;
  EXPECT_FALSE(send(segment(1, 5, 0, {1, 2, 3})));
  EXPECT_EQ(inbox_.depth(), 0U);
  EXPECT_FALSE(send(segment(1, 5, 3, {4, 5})));
  const Submission second = take();
  EXPECT_EQ(second.item, first.item);
  EXPECT_EQ(second.boot_log, (Bytes{1, 2, 3, 4, 5}));
  EXPECT_EQ(second.challenge.nonce, first.challenge.nonce);
  EXPECT_EQ(second.received.boot, first.received.boot);
  EXPECT_FALSE(second.foregone);
  EXPECT_EQ(table_->log_budget().bytes(), 0U);
  EXPECT_EQ(table_->log_budget().transfers(), 0U);
  EXPECT_TRUE(is<ReceiptMessage>(deliver(judge(second))));
}

TEST_F(SessionLog, ALogThatDoesNotComeInTimeIsWithheld) {
  need_log();
  EXPECT_FALSE(send(segment(1, 5, 0, {1, 2, 3})));
  now_ms_ += 29'999;
  EXPECT_TRUE(table_->tick(now()).empty());
  EXPECT_EQ(inbox_.depth(), 0U);
  now_ms_ += 1;
  EXPECT_TRUE(table_->tick(now()).empty());
  const Submission submission = take();
  EXPECT_EQ(submission.foregone, FindingCode::kLogWithheld);
  EXPECT_TRUE(submission.boot_log.empty());
  EXPECT_EQ(table_->log_budget().bytes(), 0U);
  EXPECT_TRUE(is<ReceiptMessage>(deliver(judge(submission))));
  EXPECT_EQ(counters_.log_withheld.load(), 1U);
}

TEST_F(SessionLog, AnEmptyLogIsWithheld) {
  need_log();
  EXPECT_FALSE(send(segment(1, 0, 0, {})));
  table_->tick(now());
  EXPECT_EQ(take().foregone, FindingCode::kLogWithheld);
}

TEST_F(SessionLog, SegmentsOutOfOrderOrOfAnotherTotalAreRefusedAndBeginAnew) {
  need_log();
  EXPECT_EQ(code_of(send(segment(1, 5, 3, {4}))), ErrorCode::kMismatch);
  EXPECT_FALSE(send(segment(1, 5, 0, {1, 2})));
  EXPECT_EQ(code_of(send(segment(1, 5, 3, {4}))), ErrorCode::kMismatch);
  EXPECT_EQ(table_->log_budget().bytes(), 0U);
  EXPECT_FALSE(send(segment(1, 5, 0, {1, 2})));
  EXPECT_EQ(code_of(send(segment(1, 6, 2, {3, 4, 5, 6}))), ErrorCode::kMismatch);
  EXPECT_EQ(code_of(send(segment(1, 5, 0, {}))), ErrorCode::kMalformed);
  EXPECT_FALSE(send(segment(1, 2, 0, {1, 2})));
  EXPECT_EQ(take().boot_log, (Bytes{1, 2}));
}

TEST_F(SessionLog, LogsThatNobodyAskedForAreRefused) {
  EXPECT_EQ(code_of(send(segment(1, 5, 0, {1}))), ErrorCode::kExpired);
  need_log();
  EXPECT_EQ(code_of(send(segment(2, 5, 0, {1}))), ErrorCode::kExpired);
  EXPECT_EQ(counters_.log_refused.load(), 2U);
}

TEST_F(SessionLog, TheEndOfALogSentTwiceIsIgnored) {
  need_log();
  EXPECT_FALSE(send(segment(1, 1, 0, {1})));
  EXPECT_FALSE(send(segment(1, 1, 0, {1})));
  EXPECT_EQ(inbox_.depth(), 1U);
}

TEST_F(SessionLog, TheSameEvidenceAgainAsksForTheLogFromItsBeginning) {
  const ChallengeMessage challenge = challenged();
  EXPECT_FALSE(answer_challenge(challenge));
  deliver(reply_to(take(), ReplyKind::kNeedLog));
  EXPECT_FALSE(send(segment(1, 4, 0, {1, 2})));
  route_ = "route-2";
  EXPECT_TRUE(is<NeedMessage>(answer_challenge(challenge)));
  EXPECT_FALSE(send(segment(1, 4, 0, {1, 2, 3, 4})));
  EXPECT_EQ(take().boot_log.size(), 4U);
}

TEST_F(SessionLog, OtherEvidenceMeanwhileIsBusy) {
  const ChallengeMessage challenge = challenged();
  EXPECT_FALSE(answer_challenge(challenge));
  deliver(reply_to(take(), ReplyKind::kNeedLog));
  EXPECT_TRUE(is<BusyMessage>(answer_challenge(challenge, 1)));
}

// A host must not get rid of a log it withholds by saying HELLO.
TEST_F(SessionLog, AHelloOfTheSameBootAsksForTheLogAgainAndTheTimeRunsOn) {
  need_log();
  now_ms_ += 20'000;
  EXPECT_TRUE(is<NeedMessage>(send(hello())));
  now_ms_ += 10'000;
  table_->tick(now());
  EXPECT_EQ(take().foregone, FindingCode::kLogWithheld);
}

TEST_F(SessionLog, AHelloOfAnotherBootGetsAChallenge) {
  need_log();
  boot_id_.fill(7);
  const auto answer = send(hello());
  ASSERT_TRUE(is<ChallengeMessage>(answer));
  EXPECT_EQ(table_->log_budget().transfers(), 0U);
  now_ms_ += 30'000;
  table_->tick(now());
  EXPECT_EQ(inbox_.depth(), 0U);
  EXPECT_FALSE(answer_challenge(std::get<ChallengeMessage>(*answer)));
}

TEST_F(SessionLog, ACompleteLogWaitsForRoomInTheInbox) {
  need_log();
  while (inbox_.offer(Submission{})) {
  }
  EXPECT_FALSE(send(segment(1, 2, 0, {1, 2})));
  table_->tick(now());
  take_all();
  now_ms_ += 60'000;  // complete: its time does not run any more
  table_->tick(now());
  const Submission submission = take();
  EXPECT_EQ(submission.boot_log, (Bytes{1, 2}));
  EXPECT_FALSE(submission.foregone);
  EXPECT_EQ(table_->in_flight(), 1U);
}

TEST_F(SessionLog, ACompleteLogCountsAsOnItsWayUntilTheInboxHasIt) {
  need_log();
  while (inbox_.offer(Submission{})) {
  }
  EXPECT_FALSE(send(segment(1, 2, 0, {1, 2})));
  EXPECT_EQ(table_->log_budget().transfers(), 1U);
  EXPECT_EQ(table_->log_budget().bytes(), 2U);
  take_all();
  table_->tick(now());
  EXPECT_EQ(table_->log_budget().transfers(), 0U);
  EXPECT_EQ(table_->log_budget().bytes(), 0U);
  EXPECT_TRUE(take().again);
}

TEST_F(SessionLog, WhoHasWaitedLongestComesFirst) {
  const auto wait_with_a_complete_log = [this] {
    need_log();
    while (inbox_.offer(Submission{})) {
    }
    EXPECT_FALSE(send(segment(1, 2, 0, {1, 2})));
    take_all();
  };
  wait_with_a_complete_log();
  const HostUid first = record_.uid;
  record_.uid.bytes.fill(0x01);  // whose uid comes first
  record_.name = "db-2";
  record_.curve_key.fill(0x23);
  put_record();
  route_ = "route-2";
  wait_with_a_complete_log();
  ASSERT_TRUE(inbox_.offer(Submission{}));
  ASSERT_TRUE(inbox_.offer(Submission{}));
  table_->tick(now());
  const std::vector<Submission> batch = take_all();
  ASSERT_EQ(batch.size(), 3U);
  EXPECT_EQ(batch.back().host->uid, first);
}

// The policy asked for something else meanwhile.
TEST_F(SessionLog, EvidenceThatNeedsOtherLogsAfterAllIsToBeSentAgain) {
  need_log();
  EXPECT_FALSE(send(segment(1, 2, 0, {1, 2})));
  EXPECT_TRUE(is<BusyMessage>(deliver(reply_to(take(), ReplyKind::kNeedLog))));
  EXPECT_EQ(table_->in_flight(), 0U);
}

TEST_F(SessionLog, DrainingGivesBackWhatWaitsForALog) {
  need_log();
  EXPECT_TRUE(is<BusyMessage>(only(table_->refuse_new())));
  EXPECT_EQ(table_->log_budget().transfers(), 0U);
  now_ms_ += 60'000;
  table_->tick(now());
  EXPECT_EQ(inbox_.depth(), 0U);
}

TEST_F(SessionLog, AHostDeniedMeanwhileIsForgotten) {
  need_log();
  record_.life_cycle = LifeCycle::kRetired;
  put_record();
  now_ms_ += 30'000;
  table_->tick(now());
  EXPECT_EQ(inbox_.depth(), 0U);
  EXPECT_EQ(table_->log_budget().transfers(), 0U);
}

// The largest list announced, a byte sent: all that three hosts hold of the room is what they sent.
TEST_F(SessionLog, HostsThatAnnounceTheLargestLogsTakeNoRoomFromOthers) {
  const auto become = [this](std::uint8_t number) {
    record_.uid.bytes.fill(number);
    record_.name = "db-" + std::to_string(number);
    record_.curve_key.fill(number);
    put_record();
    route_ = "route-" + std::to_string(number);
  };
  for (std::uint8_t number = 1; number <= 3; ++number) {
    become(number);
    EXPECT_FALSE(answer_challenge(challenged()));
    Reply reply = reply_to(take(), ReplyKind::kNeedLog);
    reply.need = {false, 0};
    EXPECT_TRUE(is<NeedMessage>(deliver(std::move(reply))));
    EXPECT_FALSE(send(LogsMessage{1, LogKind::kRuntime, limits::kRuntimePieceSizeMax, 0, {1}}));
  }
  EXPECT_EQ(table_->log_budget().bytes(), 3U);
  become(0x11);
  need_log();
  const Bytes whole(limits::kLogSegmentSizeMax, 7);
  for (std::uint64_t offset = 0; offset < limits::kBootLogSizeMax; offset += whole.size()) {
    EXPECT_FALSE(send(segment(1, limits::kBootLogSizeMax, offset, whole)));
  }
  EXPECT_EQ(counters_.log_refused.load(), 0U);
  EXPECT_EQ(table_->log_budget().transfers(), 4U) << "complete: it waits for the inbox";
}

TEST_F(SessionLog, SegmentsThatOverlapOrPassTheTotalAreRefusedAndTheLogCanComeAgain) {
  need_log();
  EXPECT_FALSE(send(segment(1, 5, 0, {1, 2})));
  EXPECT_EQ(code_of(send(segment(1, 5, 1, {2, 3}))), ErrorCode::kMismatch);
  EXPECT_EQ(table_->log_budget().bytes(), 0U);
  EXPECT_FALSE(send(segment(1, 5, 0, {1, 2})));
  EXPECT_EQ(code_of(send(segment(1, 5, 2, {3, 4, 5, 6}))), ErrorCode::kMalformed);
  EXPECT_FALSE(send(segment(1, 5, 0, {1, 2, 3, 4, 5})));
  EXPECT_EQ(take().boot_log, (Bytes{1, 2, 3, 4, 5}));
  EXPECT_EQ(table_->log_budget().bytes(), 0U);
}

LogsMessage runtime_segment(std::uint64_t total, std::uint64_t offset, Bytes bytes) {
  return {1, LogKind::kRuntime, total, offset, std::move(bytes)};
}

TEST_F(SessionLog, TheRuntimeListIsAskedForFromAByteOn) {
  EXPECT_FALSE(answer_challenge(challenged()));
  Reply reply = reply_to(take(), ReplyKind::kNeedLog);
  reply.need = {false, 4'096};
  const auto answer = deliver(std::move(reply));
  ASSERT_TRUE(is<NeedMessage>(answer));
  const auto& need = std::get<NeedMessage>(*answer);
  EXPECT_EQ(need.kind, LogKind::kRuntime);
  EXPECT_EQ(need.from, 4'096U);
  EXPECT_EQ(need.max_bytes, limits::kRuntimePieceSizeMax);
  EXPECT_FALSE(send(runtime_segment(3, 0, {1, 2})));
  EXPECT_FALSE(send(runtime_segment(3, 2, {3})));
  const Submission submission = take();
  EXPECT_EQ(submission.runtime_from, 4'096U);
  EXPECT_EQ(submission.runtime_list, (Bytes{1, 2, 3}));
}

TEST_F(SessionLog, BothLogsComeOneAfterTheOther) {
  EXPECT_FALSE(answer_challenge(challenged()));
  Reply reply = reply_to(take(), ReplyKind::kNeedLog);
  reply.need = {true, 0};
  EXPECT_TRUE(is<NeedMessage>(deliver(std::move(reply))));
  const auto next = send(segment(1, 2, 0, {1, 2}));
  ASSERT_TRUE(is<NeedMessage>(next));
  EXPECT_EQ(std::get<NeedMessage>(*next).kind, LogKind::kRuntime);
  EXPECT_EQ(inbox_.depth(), 0U);
  EXPECT_FALSE(send(segment(1, 2, 0, {1, 2}))) << "the boot log once more";
  EXPECT_FALSE(send(runtime_segment(1, 0, {7})));
  const Submission submission = take();
  EXPECT_EQ(submission.boot_log, (Bytes{1, 2}));
  EXPECT_EQ(submission.runtime_list, (Bytes{7}));
  EXPECT_EQ(table_->log_budget().transfers(), 0U);
}

// The first of them is held while the second comes.
TEST_F(SessionLog, AHostWhoseLogsAreBothAtTheirBoundsIsAskedForThemAndSendsBoth) {
  EXPECT_FALSE(answer_challenge(challenged()));
  Reply reply = reply_to(take(), ReplyKind::kNeedLog);
  reply.need = {true, 0};
  EXPECT_TRUE(is<NeedMessage>(deliver(std::move(reply))));
  const Bytes part(limits::kLogSegmentSizeMax, 7);
  const auto send_whole = [&](LogKind kind) {
    const std::size_t size = log_size_max(kind);
    std::optional<MessageBody> answer;
    for (std::size_t offset = 0; offset < size && !answer; offset += part.size()) {
      answer = send(LogsMessage{1, kind, size, offset, part});
    }
    return answer;
  };
  const auto next = send_whole(LogKind::kBoot);
  ASSERT_TRUE(is<NeedMessage>(next));
  EXPECT_EQ(std::get<NeedMessage>(*next).kind, LogKind::kRuntime);
  EXPECT_FALSE(send_whole(LogKind::kRuntime)) << "complete, and not BUSY";
  EXPECT_EQ(counters_.logs_complete.load(), 2U);
  EXPECT_EQ(table_->log_budget().bytes(), limits::kBootLogSizeMax + limits::kRuntimePieceSizeMax);
}

// Nothing was listed since: that is for the judge to say something about, no withholding.
TEST_F(SessionLog, AnEmptyPieceOfTheRuntimeListIsAnAnswer) {
  EXPECT_FALSE(answer_challenge(challenged()));
  Reply reply = reply_to(take(), ReplyKind::kNeedLog);
  reply.need = {false, 10};
  deliver(std::move(reply));
  EXPECT_FALSE(send(runtime_segment(0, 0, {})));
  const Submission submission = take();
  EXPECT_EQ(submission.runtime_from, 10U);
  EXPECT_TRUE(submission.runtime_list.empty());
  EXPECT_FALSE(submission.foregone);
}

TEST_F(SessionLog, ARuntimeListThatDoesNotComeInTimeIsWithheld) {
  EXPECT_FALSE(answer_challenge(challenged()));
  Reply reply = reply_to(take(), ReplyKind::kNeedLog);
  reply.need = {false, 0};
  deliver(std::move(reply));
  now_ms_ += 30'000;
  table_->tick(now());
  const Submission submission = take();
  EXPECT_EQ(submission.foregone, FindingCode::kLogWithheld);
  EXPECT_FALSE(submission.runtime_from);
}

}  // namespace
}  // namespace quotemill::transport
