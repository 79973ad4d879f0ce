#include <gtest/gtest.h>

#include "engine/base/limits.h"
#include "tests/transport/server/session_fixture.h"

namespace quotemill::transport {
namespace {

class SessionEvidence : public testing::SessionTest {};

TEST_F(SessionEvidence, AnAnswerToTheOpenChallengeIsSubmitted) {
  const ChallengeMessage challenge = challenged();
  now_ms_ += 500;
  EXPECT_FALSE(answer_challenge(challenge));
  const Submission submission = take();
  EXPECT_EQ(submission.item, item(1, challenge.nonce));
  EXPECT_FALSE(submission.foregone);
  EXPECT_EQ(submission.host->uid, record_.uid);
  EXPECT_EQ(submission.challenge.kind, NonceKind::kInteractive);
  EXPECT_EQ(submission.challenge.nonce, challenge.nonce);
  EXPECT_EQ(submission.challenge.sequence, 1U);
  EXPECT_EQ(submission.challenge.issued.ms, kNow + 1'000);
  EXPECT_EQ(submission.received.boot.ms, kNow + 1'500);
}

TEST_F(SessionEvidence, TheReceiptGoesToTheNewestRouteAndConsumesTheChallenge) {
  const ChallengeMessage challenge = challenged();
  EXPECT_FALSE(answer_challenge(challenge));
  const std::uint64_t correlation = correlation_;
  const std::vector<Outgoing> out = deliver_all(judge(take()));
  EXPECT_TRUE(is<ReceiptMessage>(only(out, correlation)));
  EXPECT_EQ(table_->in_flight(), 0U);
  EXPECT_EQ(code_of(send(evidence(item(2, challenge.nonce)))), ErrorCode::kExpired);
}

TEST_F(SessionEvidence, SteadyStateIsOneRoundTripWithThePreissuedNonce) {
  attest(true);
  now_ms_ += 60'000;
  EXPECT_FALSE(send(evidence(item(2, preissued(), NonceKind::kPreissued))));
  const Submission submission = take();
  EXPECT_EQ(submission.challenge.kind, NonceKind::kPreissued);
  EXPECT_EQ(submission.challenge.nonce, preissued());
  EXPECT_EQ(submission.challenge.sequence, 2U);
  // Age counts from the nonce's issue.
  EXPECT_EQ(submission.challenge.issued.ms, kNow + 1'000);
  EXPECT_EQ(submission.challenge.issued_wall.ms, kNow + 1'000 + kWallAhead);
  EXPECT_EQ(submission.challenge.deadline.ms, kNow + 301'000);
}

TEST_F(SessionEvidence, APreissuedNonceOfThePreviousEpochIsStillOffered) {
  attest(true);
  const Nonce issued = preissued();
  EpochKey fresh{};
  fresh.fill(9);
  nonces_.adopt(nonces_.successor(fresh, now().wall));
  EXPECT_FALSE(send(evidence(item(2, issued, NonceKind::kPreissued))));
  const Submission submission = take();
  EXPECT_EQ(submission.challenge.alternative, issued);
}

TEST_F(SessionEvidence, ThePreissuedNonceOutlivesARestartOfTheServer) {
  attest(true);
  restart_table();
  EXPECT_FALSE(send(evidence(item(2, preissued(), NonceKind::kPreissued))));
  EXPECT_EQ(take().challenge.kind, NonceKind::kPreissued);
}

TEST_F(SessionEvidence, AnExpiredPreissuedNonceIsAnErrorWithAFreshChallenge) {
  attest(true);
  now_ms_ += 300'001;
  const auto answer = send(evidence(item(2, preissued(), NonceKind::kPreissued)));
  ASSERT_EQ(code_of(answer), ErrorCode::kExpired);
  const auto& challenge = std::get<ErrorMessage>(*answer).challenge;
  ASSERT_TRUE(challenge);
  EXPECT_EQ(challenge->sequence, 2U);
  EXPECT_FALSE(answer_challenge(*challenge));
  take();
}

TEST_F(SessionEvidence, AnExpiredChallengeIsNeverAVerdict) {
  const ChallengeMessage challenge = challenged();
  now_ms_ += 60'001;
  const auto answer = answer_challenge(challenge);
  ASSERT_EQ(code_of(answer), ErrorCode::kExpired);
  EXPECT_NE(std::get<ErrorMessage>(*answer).challenge->nonce, challenge.nonce);
  EXPECT_EQ(inbox_.depth(), 0U);
}

// A host that got no answer sends its evidence again, and both copies wait until a server is back.
TEST_F(SessionEvidence, CopiesOfAnAnswerToTheServerBeforeARestartAreNeverAVerdict) {
  const ChallengeMessage before = challenged();
  restart_table();
  nonces_given_ = 0x80;
  const auto first = answer_challenge(before);
  ASSERT_EQ(code_of(first), ErrorCode::kExpired);
  const ChallengeMessage fresh = *std::get<ErrorMessage>(*first).challenge;
  ASSERT_NE(fresh.nonce, before.nonce);
  const auto second = answer_challenge(before);
  ASSERT_EQ(code_of(second), ErrorCode::kExpired);
  EXPECT_EQ(std::get<ErrorMessage>(*second).challenge->nonce, fresh.nonce);
  EXPECT_EQ(inbox_.depth(), 0U);
  EXPECT_FALSE(answer_challenge(fresh));
  deliver(judge(take()));
  // By another way than the one that the answer took: the sequence is used, and still no reuse.
  EXPECT_EQ(code_of(answer_challenge(before)), ErrorCode::kExpired);
  EXPECT_EQ(inbox_.depth(), 0U);
}

TEST_F(SessionEvidence, OtherEvidenceThanWhatWasRefusedIsJudged) {
  const ChallengeMessage before = challenged();
  restart_table();
  nonces_given_ = 0x80;
  ASSERT_EQ(code_of(answer_challenge(before)), ErrorCode::kExpired);
  EXPECT_FALSE(send(evidence(item(before.sequence, before.nonce, NonceKind::kInteractive, 1))));
  EXPECT_EQ(inbox_.depth(), 1U);
}

// --- What proves that the store lost something ---------------------------------------------------

TEST_F(SessionEvidence, ANonceThatOnlyALostReceiptCarriedProvesTheLossOnce) {
  attest();
  const Nonce lost = nonces_.issue(record_.uid, record_.generation, 8);
  for (int i = 0; i < 3; ++i) {
    const auto answer = send(evidence(item(8, lost, NonceKind::kPreissued)));
    EXPECT_EQ(code_of(answer), ErrorCode::kExpired) << "and the host is asked anew";
  }
  ASSERT_EQ(store_behind_.size(), 1U) << "one new stream, however many hosts prove it";
  EXPECT_EQ(store_behind_.front(), (std::pair<std::uint64_t, std::uint64_t>(7, 1)));
  EXPECT_EQ(counters_.store_behind.load(), 3U);
  EXPECT_EQ(inbox_.depth(), 0U);
}

TEST_F(SessionEvidence, NothingElseProvesALoss) {
  attest();
  Nonce made_up{};
  made_up.fill(0x5A);
  const Nonce next = nonces_.issue(record_.uid, record_.generation, 2);
  const Nonce other = nonces_.issue(record_.uid, record_.generation + 1, 8);
  send(evidence(item(8, made_up, NonceKind::kPreissued)));
  send(evidence(item(8, next, NonceKind::kPreissued)));
  send(evidence(item(8, other, NonceKind::kPreissued)));
  send(evidence(item(8, nonces_.issue(record_.uid, record_.generation, 8))));  // interactive
  send(evidence(item(2, next, NonceKind::kPreissued)));  // the next one: nothing is lost
  EXPECT_TRUE(store_behind_.empty());
  EXPECT_EQ(counters_.store_behind.load(), 0U);
}

TEST_F(SessionEvidence, AnUnknownSequenceIsNeverAVerdict) {
  attest();
  for (const std::uint64_t sequence : {0ULL, 3ULL, ~0ULL}) {
    EXPECT_EQ(code_of(send(evidence(item(sequence, Nonce{})))), ErrorCode::kExpired) << sequence;
  }
  EXPECT_EQ(inbox_.depth(), 0U);
}

TEST_F(SessionEvidence, TheChallengeInAnErrorIsTheOneThatIsOpen) {
  attest(true);
  const ChallengeMessage open = challenged();
  now_ms_ += 1'000;
  // Evidence for the nonce that the challenge voided was on its way already.
  const auto answer = send(evidence(item(2, preissued(), NonceKind::kPreissued)));
  ASSERT_EQ(code_of(answer), ErrorCode::kExpired);
  const auto& again = std::get<ErrorMessage>(*answer).challenge;
  ASSERT_TRUE(again);
  EXPECT_EQ(again->nonce, open.nonce);
  EXPECT_EQ(again->valid_ms, open.valid_ms - 1'000);
  EXPECT_FALSE(answer_challenge(open));
  EXPECT_EQ(take().challenge.nonce, open.nonce);
}

TEST_F(SessionEvidence, AnAnswerToAVoidedChallengeIsAnErrorNotAFailure) {
  const ChallengeMessage voided = challenged();
  const ChallengeMessage open = challenged();
  EXPECT_EQ(code_of(answer_challenge(voided)), ErrorCode::kExpired);
  EXPECT_EQ(inbox_.depth(), 0U);
  EXPECT_FALSE(answer_challenge(open));
  EXPECT_EQ(deliver_all(judge(take())).size(), 1U);
  // Even after the open one was answered: the sequence is used, the quote answers what was voided.
  EXPECT_EQ(code_of(answer_challenge(voided)), ErrorCode::kExpired);
  EXPECT_EQ(inbox_.depth(), 0U);
}

TEST_F(SessionEvidence, AnswersToManyVoidedChallengesAreKnown) {
  std::vector<ChallengeMessage> voided;
  for (int i = 0; i < 30; ++i) {
    voided.push_back(challenged());
  }
  challenged();
  for (const ChallengeMessage& one : voided) {
    EXPECT_EQ(code_of(answer_challenge(one)), ErrorCode::kExpired);
  }
}

// It was never asked for this: no answer that is late.
TEST_F(SessionEvidence, AVoidedNonceUnderALaterSequenceIsForTheEngineToJudge) {
  const ChallengeMessage voided = challenged();
  EXPECT_FALSE(answer_challenge(challenged()));
  deliver(judge(take()));
  EXPECT_FALSE(send(evidence(item(challenged().sequence, voided.nonce))));
  EXPECT_FALSE(take().foregone);
}

TEST_F(SessionEvidence, AWrongNonceForTheOpenChallengeIsForTheEngineToJudge) {
  const ChallengeMessage challenge = challenged();
  Nonce wrong{};
  EXPECT_FALSE(send(evidence(item(challenge.sequence, wrong))));
  EXPECT_FALSE(take().foregone);
}

TEST_F(SessionEvidence, TheSameEvidenceGetsTheSameReceipt) {
  const ChallengeMessage challenge = challenged();
  EXPECT_FALSE(answer_challenge(challenge));
  const Reply reply = judge(take());
  deliver(reply);
  const auto again = answer_challenge(challenge);
  ASSERT_TRUE(is<ReceiptMessage>(again));
  EXPECT_EQ(std::get<ReceiptMessage>(*again).receipt, reply.body);
  EXPECT_EQ(inbox_.depth(), 0U);
  restart_table();
  EXPECT_TRUE(is<ReceiptMessage>(answer_challenge(challenge)));
}

TEST_F(SessionEvidence, OtherEvidenceForAUsedSequenceIsANonceReused) {
  const ChallengeMessage challenge = challenged();
  EXPECT_FALSE(answer_challenge(challenge));
  deliver(judge(take()));
  EXPECT_FALSE(answer_challenge(challenge, 1));
  const Submission submission = take();
  EXPECT_EQ(submission.foregone, FindingCode::kQuoteNonceReused);
  EXPECT_EQ(submission.challenge.sequence, 2U);
  const Reply reply = judge(submission);
  EXPECT_TRUE(is<ReceiptMessage>(deliver(reply)));
  // And it, too, gets its receipt again.
  EXPECT_TRUE(is<ReceiptMessage>(answer_challenge(challenge, 1)));
  EXPECT_EQ(counters_.nonce_reused.load(), 1U);
}

TEST_F(SessionEvidence, EvidenceOfAnotherHostIsAnErrorAndChangesNothing) {
  const ChallengeMessage challenge = challenged();
  item_host_.emplace();
  EXPECT_EQ(code_of(answer_challenge(challenge)), ErrorCode::kMismatch);
  EXPECT_EQ(inbox_.depth(), 0U);
  EXPECT_EQ(counters_.foreign_uid.load(), 1U);
  item_host_.reset();
  EXPECT_FALSE(answer_challenge(challenge));
  take();
}

TEST_F(SessionEvidence, Cve2022_3500_MalformedEvidenceForAnOpenChallengeIsJudged) {
  attest();
  challenged();
  EXPECT_FALSE(send(evidence({1, 2, 3})));
  const Submission submission = take();
  EXPECT_EQ(submission.item, (Bytes{1, 2, 3}));
  EXPECT_EQ(submission.challenge.sequence, 2U);
  EXPECT_FALSE(submission.foregone);
  deliver(judge(submission));
  // And it, too, gets its receipt again.
  EXPECT_TRUE(is<ReceiptMessage>(send(evidence({1, 2, 3}))));
  EXPECT_EQ(inbox_.depth(), 0U);
}

TEST_F(SessionEvidence, Cve2022_3500_MalformedEvidenceForAPreissuedNonceIsJudged) {
  attest(true);
  EXPECT_FALSE(send(evidence({})));
  EXPECT_EQ(take().challenge.kind, NonceKind::kPreissued);
}

TEST_F(SessionEvidence, MalformedEvidenceWithoutAChallengeIsAnError) {
  EXPECT_EQ(code_of(send(evidence({1, 2, 3}))), ErrorCode::kMalformed);
  challenged();
  now_ms_ += 60'001;
  EXPECT_EQ(code_of(send(evidence({1, 2, 3}))), ErrorCode::kMalformed);
  EXPECT_EQ(inbox_.depth(), 0U);
}

TEST_F(SessionEvidence, OversizedEvidenceIsCutAndJudged) {
  challenged();
  EXPECT_FALSE(send(evidence(Bytes(limits::kLogSegmentSizeMax))));
  EXPECT_EQ(take().item.size(), limits::kEvidenceItemSizeMax);
}

TEST_F(SessionEvidence, TwoItemsOnAHostsChannelAreAnError) {
  const ChallengeMessage challenge = challenged();
  const Bytes one = item(1, challenge.nonce);
  EXPECT_EQ(code_of(send(EvidenceMessage{{one, one}})), ErrorCode::kMalformed);
  EXPECT_EQ(inbox_.depth(), 0U);
}

TEST_F(SessionEvidence, TheSameBytesDuringAJudgementAreIgnoredButMoveTheRoute) {
  const ChallengeMessage challenge = challenged();
  EXPECT_FALSE(answer_challenge(challenge));
  const Submission submission = take();
  route_ = "route-2";
  EXPECT_FALSE(answer_challenge(challenge));
  EXPECT_EQ(inbox_.depth(), 0U);
  EXPECT_TRUE(is<ReceiptMessage>(only(deliver_all(judge(submission)), correlation_)));
}

TEST_F(SessionEvidence, OtherBytesDuringAJudgementAreBusy) {
  const ChallengeMessage challenge = challenged();
  EXPECT_FALSE(answer_challenge(challenge));
  EXPECT_TRUE(is<BusyMessage>(answer_challenge(challenge, 1)));
  EXPECT_EQ(inbox_.depth(), 1U);
}

TEST_F(SessionEvidence, AFullInboxIsBusyAtOnceAndTheChallengeStaysOpen) {
  const ChallengeMessage challenge = challenged();
  while (inbox_.offer(Submission{})) {
  }
  const auto answer = answer_challenge(challenge);
  ASSERT_TRUE(is<BusyMessage>(answer));
  EXPECT_GT(std::get<BusyMessage>(*answer).retry_after_ms, 0U);
  EXPECT_EQ(table_->in_flight(), 0U);
  take_all();
  EXPECT_FALSE(answer_challenge(challenge));
  EXPECT_EQ(table_->in_flight(), 1U);
}

// Whoever was refused is not overtaken by newcomers for ever.
TEST_F(SessionEvidence, WhatFoundTheInboxFullComesBeforeOthersThen) {
  const ChallengeMessage challenge = challenged();
  while (inbox_.offer(Submission{})) {
  }
  ASSERT_TRUE(is<BusyMessage>(answer_challenge(challenge)));
  take_all();
  EXPECT_FALSE(answer_challenge(challenge));
  const Submission second = take();
  EXPECT_TRUE(second.again);
  EXPECT_TRUE(is<ReceiptMessage>(deliver(judge(second))));
  EXPECT_FALSE(answer_challenge(challenged()));
  EXPECT_FALSE(take().again) << "once";
}

// Before it is decoded, or anything else is done with it.
TEST_F(SessionEvidence, AFullInboxIsBusyForWhateverComes) {
  const ChallengeMessage challenge = challenged();
  while (inbox_.offer(Submission{})) {
  }
  item_host_ = HostUid{};
  EXPECT_TRUE(is<BusyMessage>(answer_challenge(challenge)));
  EXPECT_EQ(counters_.inbox_full, 1U);
  EXPECT_EQ(counters_.foreign_uid, 0U);
  take_all();
  EXPECT_EQ(code_of(answer_challenge(challenge)), ErrorCode::kMismatch);
}

TEST_F(SessionEvidence, AnErrorOfOursLeavesTheChallengeOpen) {
  const ChallengeMessage challenge = challenged();
  EXPECT_FALSE(answer_challenge(challenge));
  EXPECT_EQ(code_of(deliver(error_reply(take(), ErrorCode::kStorage))), ErrorCode::kInternal);
  EXPECT_FALSE(answer_challenge(challenge));
  EXPECT_TRUE(is<BusyMessage>(deliver(error_reply(take(), ErrorCode::kBusy))));
  EXPECT_FALSE(answer_challenge(challenge));
  EXPECT_TRUE(is<ReceiptMessage>(deliver(judge(take()))));
}

TEST_F(SessionEvidence, WhatWasOvertakenGetsAChallenge) {
  EXPECT_FALSE(answer_challenge(challenged()));
  const Submission submission = take();
  HostState overtaken = state();
  overtaken.sequence = 5;
  put_state(overtaken);
  const auto answer = deliver(error_reply(submission, ErrorCode::kConflict));
  ASSERT_EQ(code_of(answer), ErrorCode::kExpired);
  EXPECT_EQ(std::get<ErrorMessage>(*answer).challenge->sequence, 6U);
}

TEST_F(SessionEvidence, RepliesThatNobodyWaitsForAreCounted) {
  Submission nothing;
  nothing.challenge.sequence = 1;
  EXPECT_TRUE(deliver_all(reply_to(nothing, ReplyKind::kReceipt)).empty());
  EXPECT_FALSE(answer_challenge(challenged()));
  Reply other = judge(take());
  other.sequence = 99;
  EXPECT_TRUE(deliver_all(other).empty());
  EXPECT_EQ(counters_.replies_stale.load(), 2U);
}

TEST_F(SessionEvidence, AnAnswerLostInThePipelineLocksNobodyOutForGood) {
  const ChallengeMessage challenge = challenged();
  EXPECT_FALSE(answer_challenge(challenge));
  take();
  now_ms_ += 119'999;
  EXPECT_FALSE(send(hello()));
  now_ms_ += 1;
  EXPECT_TRUE(is<ChallengeMessage>(send(hello())));
  EXPECT_EQ(table_->in_flight(), 0U);
}

TEST_F(SessionEvidence, DrainingRefusesNewEvidenceAndAnswersWhatWasAccepted) {
  const ChallengeMessage challenge = challenged();
  EXPECT_FALSE(answer_challenge(challenge));
  EXPECT_TRUE(table_->refuse_new().empty());
  EXPECT_EQ(table_->in_flight(), 1U);
  EXPECT_TRUE(is<ReceiptMessage>(deliver(judge(take()))));
  EXPECT_EQ(table_->in_flight(), 0U);
  EXPECT_TRUE(is<BusyMessage>(answer_challenge(challenged())));
}

TEST_F(SessionEvidence, HostTextInLogLinesIsOnlyWhatWeMadeOfIt) {
  item_host_.emplace();
  send(evidence(item(1, Nonce{})));
  ASSERT_EQ(lines_.size(), 1U);
  EXPECT_EQ(lines_.front(), "db-1: sent evidence of another host, " + std::string(32, '0'));
}

}  // namespace
}  // namespace quotemill::transport
