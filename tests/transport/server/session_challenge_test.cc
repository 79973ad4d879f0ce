#include <gtest/gtest.h>

#include "tests/transport/server/session_fixture.h"

namespace quotemill::transport {
namespace {

class SessionChallenge : public testing::SessionTest {};

TEST_F(SessionChallenge, HelloGetsARandomNonceForTheNextSequence) {
  const ChallengeMessage challenge = challenged();
  EXPECT_EQ(challenge.sequence, 1U);
  EXPECT_EQ(challenge.nonce[0], 1U);
  EXPECT_EQ(challenge.valid_ms, 60'000U);
  EXPECT_EQ(challenge.selections, (std::vector<PcrSelection>{{HashAlgorithm::kSha256, 0xFF}}));
}

TEST_F(SessionChallenge, Cve2026_6420_TwoChallengesDiffer) {
  const ChallengeMessage first = challenged();
  const ChallengeMessage second = challenged();
  EXPECT_NE(first.nonce, second.nonce);
}

TEST_F(SessionChallenge, AQuestionThatIsYoungIsAskedAgainNotReplaced) {
  const ChallengeMessage first = challenged();
  now_ms_ += 999;
  const auto again = send(hello());
  ASSERT_TRUE(is<ChallengeMessage>(again));
  EXPECT_EQ(std::get<ChallengeMessage>(*again).nonce, first.nonce);
  EXPECT_EQ(std::get<ChallengeMessage>(*again).valid_ms, first.valid_ms - 999);
  EXPECT_FALSE(answer_challenge(first));
  deliver(judge(take()));
  const auto next = send(hello());
  ASSERT_TRUE(is<ChallengeMessage>(next));
  EXPECT_NE(std::get<ChallengeMessage>(*next).nonce, first.nonce);
}

TEST_F(SessionChallenge, AnUnknownKeyIsDeniedAndLeavesNoState) {
  CurveKey stranger{};
  const std::vector<Outgoing> out =
      table_->receive(stranger, route_, encode_message({Role::kHost, 9, hello()}), arrival());
  ASSERT_EQ(out.size(), 1U);
  EXPECT_FALSE(out.front().host);
  EXPECT_EQ(decode_message(out.front().frame)->correlation, 9U);
  EXPECT_EQ(code_of(only(out)), ErrorCode::kDenied);
  EXPECT_EQ(table_->size(), 0U);
  EXPECT_EQ(counters_.unknown_key.load(), 1U);
}

TEST_F(SessionChallenge, AHostThatMayNotAttestAnyMoreIsDenied) {
  challenged();
  record_.life_cycle = LifeCycle::kDenied;
  put_record();
  EXPECT_EQ(code_of(send(hello())), ErrorCode::kDenied);
}

TEST_F(SessionChallenge, APendingHostIsDenied) {
  record_.life_cycle = LifeCycle::kPending;
  put_record();
  EXPECT_EQ(code_of(send(hello())), ErrorCode::kDenied);
}

TEST_F(SessionChallenge, AHelloOfAnotherHostOrGenerationIsAnError) {
  HelloMessage other = hello();
  other.uid.bytes[0] ^= 1U;
  EXPECT_EQ(code_of(send(other)), ErrorCode::kMismatch);
  HelloMessage old = hello();
  old.generation = 0;
  EXPECT_EQ(code_of(send(old)), ErrorCode::kMismatch);
  EXPECT_EQ(counters_.identity_mismatch.load(), 2U);
}

TEST_F(SessionChallenge, GatewaysAndServersAreNotServed) {
  for (const Role role : {Role::kGateway, Role::kServer}) {
    EXPECT_EQ(code_of(only(send_frame(encode_message({role, 1, hello()})))),
              ErrorCode::kUnsupported);
  }
}

TEST_F(SessionChallenge, KindsOfTheOtherDirectionAreUnsupported) {
  for (const MessageBody& body :
       {MessageBody(EnrolMessage{"a", {}, {}, {}, ""}), MessageBody(BusyMessage{1}),
        MessageBody(ReceiptMessage{{1}}), MessageBody(NeedMessage{})}) {
    EXPECT_EQ(code_of(send(body)), ErrorCode::kUnsupported);
  }
  EXPECT_EQ(counters_.unsupported.load(), 4U);
}

TEST_F(SessionChallenge, AMalformedFrameIsAnErrorWithItsCorrelation) {
  Bytes frame = encode_message({Role::kHost, 55, hello()});
  frame.push_back(0);
  EXPECT_EQ(code_of(only(send_frame(frame), 55)), ErrorCode::kMalformed);
  EXPECT_EQ(counters_.malformed.load(), 1U);
}

// A number is a host's word: lines and a counter, no new stream.
TEST_F(SessionChallenge, AReceiptThatAHostOnlyClaimsMovesNothing) {
  attest();
  EXPECT_TRUE(is<ChallengeMessage>(send(hello(1))));
  EXPECT_TRUE(is<ChallengeMessage>(send(hello(7))));
  EXPECT_TRUE(is<ChallengeMessage>(send(hello(UINT64_MAX))));
  EXPECT_EQ(counters_.receipts_claimed.load(), 1U) << "once a session";
  EXPECT_TRUE(store_behind_.empty());
  EXPECT_EQ(counters_.store_behind.load(), 0U);
}

TEST_F(SessionChallenge, TheOperatorsChallengeReachesTheNewestRoute) {
  challenged();
  route_ = "route-2";
  challenged();
  now_ms_ += 1'000;
  const auto answer = only(table_->challenge_now(record_.uid, now()), 0);
  ASSERT_TRUE(is<ChallengeMessage>(answer));
  EXPECT_FALSE(answer_challenge(std::get<ChallengeMessage>(*answer)));
  EXPECT_EQ(take().challenge.nonce, std::get<ChallengeMessage>(*answer).nonce);
}

TEST_F(SessionChallenge, TheOperatorCannotReachWhoIsNotConnected) {
  EXPECT_FALSE(table_->is_connected(record_.uid));
  EXPECT_TRUE(table_->challenge_now(record_.uid, now()).empty());
  challenged();
  EXPECT_TRUE(table_->is_connected(record_.uid));
  table_->forget_route(record_.uid, {route_});
  EXPECT_FALSE(table_->is_connected(record_.uid));
  EXPECT_TRUE(table_->challenge_now(record_.uid, now()).empty());
}

TEST_F(SessionChallenge, TheOperatorsChallengeDuringAJudgementFollowsTheReceipt) {
  EXPECT_FALSE(answer_challenge(challenged()));
  EXPECT_TRUE(table_->challenge_now(record_.uid, now()).empty());
  const std::vector<Outgoing> out = deliver_all(judge(take()));
  ASSERT_EQ(out.size(), 2U);
  EXPECT_TRUE(is<ReceiptMessage>(decode_message(out[0].frame)->body));
  const MessageBody challenge = decode_message(out[1].frame)->body;
  ASSERT_TRUE(is<ChallengeMessage>(challenge));
  EXPECT_EQ(std::get<ChallengeMessage>(challenge).sequence, 2U);
}

// Otherwise its next evidence would be for a sequence that the receipt has just used.
TEST_F(SessionChallenge, AHelloDuringAJudgementIsAnsweredAfterTheReceipt) {
  EXPECT_FALSE(answer_challenge(challenged()));
  const Submission submission = take();
  route_ = "route-2";  // the agent was restarted
  EXPECT_FALSE(send(hello()));
  const std::vector<Outgoing> out = deliver_all(judge(submission));
  ASSERT_EQ(out.size(), 2U);
  EXPECT_EQ(out[0].route.id, "route-2");
  const Result<Message> challenge = decode_message(out[1].frame);
  EXPECT_EQ(challenge->correlation, correlation_);
  ASSERT_TRUE(is<ChallengeMessage>(challenge->body));
  EXPECT_EQ(std::get<ChallengeMessage>(challenge->body).sequence, 2U);
}

TEST_F(SessionChallenge, AThirdRouteReplacesTheOldestButNotTooOften) {
  challenged();
  for (int i = 0; i < 7; ++i) {
    route_ = "other-" + std::to_string(i);
    send(hello());
  }
  route_ = "too-many";
  EXPECT_FALSE(send(hello()));
  EXPECT_EQ(counters_.routes_exceeded.load(), 1U);
  now_ms_ += 2'000;
  EXPECT_TRUE(is<ChallengeMessage>(send(hello())));
}

TEST_F(SessionChallenge, TwoRoutesOfOneKeyMayAlternate) {
  for (int i = 0; i < 100; ++i) {
    route_ = i % 2 == 0 ? "left" : "right";
    EXPECT_TRUE(is<ChallengeMessage>(send(hello())));
  }
}

TEST_F(SessionChallenge, EnrollingAnewForgetsEverythingOfBefore) {
  EXPECT_FALSE(answer_challenge(challenged()));
  const Submission old = take();
  ++record_.generation;
  put_record();
  const ChallengeMessage challenge = challenged();
  EXPECT_EQ(table_->in_flight(), 0U);
  Reply late = reply_to(old, ReplyKind::kReceipt);
  late.generation = 1;
  EXPECT_TRUE(deliver_all(late).empty());
  EXPECT_EQ(counters_.replies_stale.load(), 1U);
  EXPECT_FALSE(answer_challenge(challenge));
  EXPECT_EQ(table_->in_flight(), 1U);
}

TEST_F(SessionChallenge, IdleSessionsAreForgottenAfterADay) {
  challenged();
  now_ms_ += 25 * 3'600'000;
  table_->tick(now());
  EXPECT_EQ(table_->size(), 0U);
}

}  // namespace
}  // namespace quotemill::transport
