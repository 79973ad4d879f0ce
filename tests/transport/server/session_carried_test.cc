// What a gateway can bring about by itself: nothing but delay. Each test is a thing that it may
// try.
#include <gtest/gtest.h>

#include "tests/transport/server/session_fixture.h"
#include "transport/wire/log_proof.h"

namespace quotemill::transport {
namespace {

class SessionCarried : public testing::SessionTest {
 protected:
  SessionCarried() { through_gateway_ = true; }

  // The segment as the host proves it for this evidence.
  [[nodiscard]] LogsMessage proven(LogsMessage segment, const Bytes& item) const {
    segment.proof = to_bytes(log_proof(log_key_, item, segment).view());
    return segment;
  }

  static LogsMessage whole_log(std::uint64_t sequence) {
    return segment(sequence, 4, 0, {1, 2, 3, 4});
  }

  Reply unproven_reply(const Submission& submission) {
    Reply reply = reply_to(submission, ReplyKind::kUnproven);
    reply.error = {ErrorCode::kMalformed, "carried evidence", 0, "quote.signature"};
    return reply;
  }

  // Evidence for the challenge after the last receipt, over the host's own channel.
  Submission direct_evidence() {
    through_gateway_ = false;
    const ChallengeMessage challenge = challenged();
    EXPECT_FALSE(answer_challenge(challenge));
    Submission submission = take();
    through_gateway_ = true;
    return submission;
  }
};

TEST_F(SessionCarried, AHostAttestsThroughAGateway) {
  attest(true);
  EXPECT_EQ(counters_.carried.load(), 2U);
  now_ms_ += 60'000;
  EXPECT_FALSE(send(evidence(item(2, preissued(), NonceKind::kPreissued))));
  const Submission submission = take();
  EXPECT_TRUE(submission.carried);
  EXPECT_TRUE(is<ReceiptMessage>(deliver(judge(submission))));
}

TEST_F(SessionCarried, EvidenceOnTheHostsOwnChannelIsNotCarried) {
  EXPECT_FALSE(direct_evidence().carried);
}

TEST_F(SessionCarried, AHostThatTheGatewayDoesNotListIsRefused) {
  is_listed_ = false;
  EXPECT_EQ(code_of(send(hello())), ErrorCode::kDenied);
  EXPECT_EQ(counters_.not_listed.load(), 1U);
  EXPECT_EQ(table_->size(), 0U) << "no state for it";
}

TEST_F(SessionCarried, AKeyThatNobodyKnowsIsRefusedAndNamed) {
  record_.curve_key.fill(0x77);
  const std::vector<Outgoing> out = send_frame(encode_message({Role::kHost, 9, hello()}));
  ASSERT_EQ(out.size(), 1U);
  EXPECT_EQ(out[0].key, record_.curve_key) << "the gateway must know whose it is";
  EXPECT_EQ(out[0].route, by_gateway());
  EXPECT_EQ(counters_.unknown_key.load(), 1U);
}

TEST_F(SessionCarried, AnotherHostsEvidenceIsRefused) {
  const ChallengeMessage challenge = challenged();
  item_host_ = HostUid{};
  EXPECT_EQ(code_of(answer_challenge(challenge)), ErrorCode::kMismatch);
  EXPECT_EQ(inbox_.depth(), 0U);
}

TEST_F(SessionCarried, MalformedEvidenceIsNoVerdict) {
  challenged();
  EXPECT_EQ(code_of(send(evidence({1, 2, 3}))), ErrorCode::kMalformed);
  EXPECT_EQ(inbox_.depth(), 0U);
}

TEST_F(SessionCarried, WhatTheHostsKeyDoesNotProveIsAnErrorAndTheChallengeStays) {
  const ChallengeMessage challenge = challenged();
  EXPECT_FALSE(answer_challenge(challenge, 1));
  EXPECT_EQ(code_of(deliver(unproven_reply(take()))), ErrorCode::kMalformed);
  EXPECT_EQ(counters_.unproven.load(), 1U);
  EXPECT_EQ(state().sequence, 0U);
  EXPECT_FALSE(answer_challenge(challenge, 2)) << "the host's own";
  EXPECT_TRUE(is<ReceiptMessage>(deliver(judge(take()))));
}

TEST_F(SessionCarried, ReplayedEvidenceGetsItsReceiptAgainAndNothingElse) {
  const ChallengeMessage challenge = challenged();
  EXPECT_FALSE(answer_challenge(challenge));
  deliver(judge(take()));
  EXPECT_TRUE(is<ReceiptMessage>(answer_challenge(challenge)));
  EXPECT_EQ(inbox_.depth(), 0U);
}

// Evidence that a challenge voided, kept by the gateway until the server has forgotten that.
TEST_F(SessionCarried, OldEvidenceForAUsedSequenceIsNotTheHostsReuse) {
  const ChallengeMessage voided = challenged();
  attest();
  restart_table();
  EXPECT_EQ(code_of(answer_challenge(voided, 9)), ErrorCode::kExpired);
  EXPECT_EQ(inbox_.depth(), 0U);
  through_gateway_ = false;
  EXPECT_FALSE(answer_challenge(voided, 9)) << "on its own channel it is";
  EXPECT_EQ(take().foregone, FindingCode::kQuoteNonceReused);
}

TEST_F(SessionCarried, AReceiptNumberThatNobodySignedRaisesNoAlarm) {
  EXPECT_TRUE(is<ChallengeMessage>(send(hello(1'000))));
  const Nonce lost = nonces_.issue(record_.uid, record_.generation, 8);
  send(evidence(item(8, lost, NonceKind::kPreissued)));  // a gateway reads receipts
  EXPECT_TRUE(store_behind_.empty());
  EXPECT_EQ(counters_.store_behind.load() + counters_.receipts_claimed.load(), 0U);
}

TEST_F(SessionCarried, AProvenLogIsTaken) {
  const Submission submission = need_log();
  EXPECT_FALSE(send(proven(whole_log(1), submission.item)));
  const Submission with_log = take();
  EXPECT_EQ(with_log.boot_log, (Bytes{1, 2, 3, 4}));
  EXPECT_TRUE(with_log.carried);
}

TEST_F(SessionCarried, ALogWithoutTheHostsProofIsRefused) {
  const Submission submission = need_log();
  LogsMessage forged = proven(whole_log(1), submission.item);
  forged.segment[0] ^= 1;
  EXPECT_EQ(code_of(send(forged)), ErrorCode::kMalformed);
  EXPECT_EQ(code_of(send(whole_log(1))), ErrorCode::kMalformed) << "no proof at all";
  EXPECT_EQ(code_of(send(proven(whole_log(1), {1}))), ErrorCode::kMalformed) << "of other evidence";
  // "I have none", which would fail the host at once.
  EXPECT_EQ(code_of(send(segment(1, 0, 0, {}))), ErrorCode::kMalformed);
  EXPECT_EQ(counters_.unproven.load(), 4U);
  EXPECT_EQ(inbox_.depth(), 0U);
  EXPECT_FALSE(send(proven(whole_log(1), submission.item)));
  take();
}

TEST_F(SessionCarried, AWithheldLogIsNoVerdictButAnotherChallenge) {
  need_log();
  now_ms_ += 30'000;
  const auto answer = only(table_->tick(now()));
  ASSERT_EQ(code_of(answer), ErrorCode::kExpired);
  EXPECT_TRUE(std::get<ErrorMessage>(*answer).challenge);
  EXPECT_EQ(inbox_.depth(), 0U);
  EXPECT_EQ(counters_.log_withheld.load(), 0U);
  EXPECT_EQ(counters_.unproven.load(), 1U);
}

TEST_F(SessionCarried, AnAgentThatWasStartedAnewIsAskedAnew) {
  need_log();
  now_ms_ += 2'000;
  EXPECT_TRUE(is<ChallengeMessage>(send(hello())));
}

TEST_F(SessionCarried, AnExchangeOnTheHostsOwnChannelIsNotDisturbed) {
  const Submission submission = direct_evidence();
  EXPECT_TRUE(is<BusyMessage>(send(hello())));
  EXPECT_TRUE(is<BusyMessage>(send(evidence(item(1, Nonce{})))));
  EXPECT_TRUE(is<BusyMessage>(send(proven(whole_log(1), submission.item))));
  EXPECT_TRUE(is<BusyMessage>(only(send_frame({1, 2, 3}))));
  through_gateway_ = false;
  EXPECT_TRUE(is<ReceiptMessage>(deliver(judge(submission)))) << "to the host, not to the gateway";
}

TEST_F(SessionCarried, AHostMayGoOnThroughAGatewayWithTheSameEvidence) {
  const Submission submission = direct_evidence();
  EXPECT_FALSE(send(evidence(submission.item)));
  EXPECT_TRUE(is<NeedMessage>(deliver(reply_to(submission, ReplyKind::kNeedLog))));
  now_ms_ += 30'000;
  EXPECT_EQ(code_of(only(table_->tick(now()))), ErrorCode::kExpired) << "nobody's fault is known";
}

TEST_F(SessionCarried, AHostMayGoOnWithoutTheGateway) {
  const Submission submission = need_log();
  through_gateway_ = false;
  EXPECT_TRUE(is<NeedMessage>(send(evidence(submission.item))));
  EXPECT_FALSE(send(whole_log(1))) << "CURVE proves it";
  EXPECT_FALSE(take().carried);
}

// Challenge upon challenge, until one that the host is answering is forgotten: its evidence would
// then be a quote for a wrong nonce, and failed.
TEST_F(SessionCarried, AGatewayCannotMakeTheServerForgetAChallenge) {
  through_gateway_ = false;
  const ChallengeMessage first = challenged();
  through_gateway_ = true;
  for (int i = 0; i < 64; ++i) {
    challenged();
  }
  now_ms_ += 1'000;
  EXPECT_TRUE(is<BusyMessage>(send(hello())));
  through_gateway_ = false;
  EXPECT_EQ(code_of(answer_challenge(first)), ErrorCode::kExpired);
}

TEST_F(SessionCarried, AnOperatorsChallengeGoesThroughTheGateway) {
  attest();
  now_ms_ += 2'000;
  EXPECT_TRUE(table_->is_connected(record_.uid));
  EXPECT_TRUE(is<ChallengeMessage>(only(table_->challenge_now(record_.uid, now()))));
  table_->forget_gateway(kGateway);
  EXPECT_FALSE(table_->is_connected(record_.uid));
  EXPECT_TRUE(table_->challenge_now(record_.uid, now()).empty());
}

TEST_F(SessionCarried, TheLossOfAGatewayLeavesTheHostsOwnRoute) {
  through_gateway_ = false;
  challenged();
  through_gateway_ = true;
  challenged();
  table_->forget_gateway(kGateway);
  through_gateway_ = false;
  now_ms_ += 2'000;
  EXPECT_TRUE(is<ChallengeMessage>(only(table_->challenge_now(record_.uid, now()))));
}

}  // namespace
}  // namespace quotemill::transport
