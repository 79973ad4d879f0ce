#include <set>

#include "tests/bench/simulator/host_session_fixture.h"

namespace quotemill::bench {
namespace {

using transport::ChallengeMessage;
using transport::EvidenceMessage;
using transport::HelloMessage;

TEST_F(HostSessionTest, AsksAnswersAndUsesTheNextNonce) {
  HostSession session = this->session();
  only<HelloMessage>(session.look());
  EXPECT_TRUE(give(session, challenge(9)).empty());
  ASSERT_TRUE(session.is_idle());
  only<HelloMessage>(session.begin(0, now_us_));
  const Bytes item = only<EvidenceMessage>(give(session, challenge(9))).items.front();
  EXPECT_EQ(decode_evidence(item)->header.sequence, 9U);
  session.note_sent(now_us_);
  now_us_ += 250;
  EXPECT_TRUE(give(session, receipt(session, 9, TrustState::kTrusted, Nonce{8})).empty());
  EXPECT_TRUE(session.is_idle());
  EXPECT_EQ(tally_.latency.max(), 250U);
  const Bytes next = only<EvidenceMessage>(session.begin(0, now_us_)).items.front();
  EXPECT_EQ(decode_evidence(next)->header.nonce_kind, NonceKind::kPreissued);
  EXPECT_TRUE(decode_evidence(next)->pcrs.empty()) << "nothing changed";
  EXPECT_EQ(tally_.wrong_verdicts, 0U);
}

TEST_F(HostSessionTest, EverythingButTrustedIsWrongForAnHonestHost) {
  HostSession session = this->session();
  std::uint64_t sequence = 1;
  session.look();
  give(session, challenge(sequence));
  for (const TrustState state :
       {TrustState::kFailed, TrustState::kWarning, TrustState::kUnknown, TrustState::kStale}) {
    session.begin(0, now_us_);
    give(session, challenge(sequence));
    give(session, receipt(session, sequence, state));
    EXPECT_EQ(tally_.wrong_verdicts, sequence);
    ++sequence;
  }
}

TEST_F(HostSessionTest, AReceiptThatNobodyAskedForIsWrong) {
  HostSession session = this->session();
  give(session, receipt(session, 1, TrustState::kTrusted));
  EXPECT_EQ(tally_.wrong_verdicts, 1U);
  session.look();
  give(session, challenge(2));
  session.begin(0, now_us_);
  give(session, challenge(2));
  give(session, receipt(session, 3, TrustState::kTrusted));
  EXPECT_EQ(tally_.wrong_verdicts, 2U);
  EXPECT_EQ(tally_.attestations, 0U);
}

TEST_F(HostSessionTest, WaitsAsLongAsItIsToldAndSendsTheSameBytes) {
  HostSession session = this->session();
  session.look();
  give(session, challenge(1));
  session.begin(0, now_us_);
  const Bytes item = only<EvidenceMessage>(give(session, challenge(1))).items.front();
  session.note_sent(now_us_);
  give(session, transport::BusyMessage{300});
  EXPECT_EQ(tally_.busy, 1U);
  EXPECT_EQ(session.wake_us(), now_us_ + 300'000);
  EXPECT_EQ(only<EvidenceMessage>(session.wake(now_us_ + 300'000, tally_)).items.front(), item);
  EXPECT_EQ(tally_.silences, 0U);
}

TEST_F(HostSessionTest, QuotesSignedAheadAreThoseThatItWouldSignNow) {
  HostSession session = this->session();
  session.look();
  give(session, challenge(4));
  const EpochKey key{3};
  session.sign_ahead(key, 2);
  session.begin(0, now_us_);
  give(session, challenge(4));
  for (const std::uint64_t sequence : {4U, 5U}) {
    EXPECT_FALSE(session.is_used_up());
    const Nonce nonce = preissued_nonce(key, session.host().record().uid, 1, sequence + 1);
    give(session, receipt(session, sequence, TrustState::kTrusted, nonce));
    const std::uint64_t signed_before = tally_.signed_live;
    const Bytes item = only<EvidenceMessage>(session.begin(0, now_us_)).items.front();
    EXPECT_EQ(decode_evidence(item)->header.sequence, sequence + 1);
    EXPECT_EQ(tally_.signed_live, signed_before);
  }
  give(session, receipt(session, 6, TrustState::kTrusted));
  EXPECT_TRUE(session.is_used_up());
}

TEST_F(HostSessionTest, ItsClockIsRightUnlessItSignsAhead) {
  HostSession session = this->session();
  session.look();
  give(session, challenge(1));
  session.begin(0, now_us_);
  const Bytes first = only<EvidenceMessage>(give(session, challenge(1))).items.front();
  now_us_ += 30'000'000;
  give(session, receipt(session, 1, TrustState::kTrusted, Nonce{8}));
  now_us_ += 12'345'678;
  const Bytes second = only<EvidenceMessage>(session.begin(0, now_us_)).items.front();
  EXPECT_EQ(clock_of(second) - clock_of(first), 42'345U);
  give(session, receipt(session, 2, TrustState::kTrusted));
  session.begin(0, now_us_);
  now_us_ += 7'000;
  const Bytes third = only<EvidenceMessage>(give(session, challenge(3))).items.front();
  EXPECT_EQ(clock_of(third) - clock_of(second), 7U);
}

TEST_F(HostSessionTest, AQuoteAmongThoseSignedAheadIsInOrderWhoeverSignsItWhen) {
  HostSession session = this->session();
  session.look();
  give(session, challenge(4));
  const EpochKey key{3};
  session.sign_ahead(key, 8);
  session.begin(0, now_us_);
  Bytes item = only<EvidenceMessage>(give(session, challenge(4))).items.front();
  for (const std::uint64_t sequence : {4U, 5U, 6U, 7U, 8U}) {
    const std::uint64_t last = clock_of(item);
    const Nonce nonce = preissued_nonce(key, session.host().record().uid, 1, sequence + 1);
    const bool is_live = sequence % 2 == 0;
    give(session, receipt(session, sequence, TrustState::kTrusted,
                          is_live ? std::optional<Nonce>() : nonce));
    now_us_ += 700'000'000;  // longer than any run
    HostSession::Messages sent = session.begin(0, now_us_);
    item = only<EvidenceMessage>(is_live ? give(session, challenge(sequence + 1)) : sent)
               .items.front();
    EXPECT_GT(clock_of(item), last + 700'000);
  }
  EXPECT_EQ(tally_.signed_live, 4U);
}

TEST_F(HostSessionTest, MeasuresHowSoonBusyCame) {
  HostSession session = this->session();
  session.look();
  give(session, challenge(1));
  session.begin(0, now_us_);
  give(session, challenge(1));
  session.note_sent(now_us_);
  now_us_ += 700;
  give(session, transport::BusyMessage{300});
  EXPECT_EQ(tally_.busy_latency.count(), 1U);
  EXPECT_EQ(tally_.busy_latency.max(), 700U);
}

TEST_F(HostSessionTest, AReceiptForEachTimeItWasSentIsNotWrong) {
  HostSession session = this->session();
  session.look();
  give(session, challenge(1));
  session.begin(0, now_us_);
  give(session, challenge(1));
  session.note_sent(now_us_);
  EXPECT_EQ(session.wake(now_us_ + 10'000'000, tally_).size(), 1U) << "nothing came";
  EXPECT_EQ(tally_.silences, 1U);
  give(session, receipt(session, 1, TrustState::kTrusted));
  give(session, receipt(session, 1, TrustState::kTrusted));
  EXPECT_EQ(tally_.attestations, 1U);
  EXPECT_EQ(tally_.receipts_again, 1U);
  EXPECT_EQ(tally_.wrong_verdicts, 0U);
  session.begin(0, now_us_);
  give(session, challenge(2));
  session.note_sent(now_us_);
  session.wake(now_us_ + 10'000'000, tally_);
  give(session, receipt(session, 1, TrustState::kTrusted));
  give(session, receipt(session, 2, TrustState::kTrusted));
  give(session, receipt(session, 1, TrustState::kTrusted));
  EXPECT_EQ(tally_.attestations, 2U);
  EXPECT_EQ(tally_.receipts_again, 3U);
  EXPECT_EQ(tally_.wrong_verdicts, 0U) << "later ones were sent twice, too";
  session.begin(0, now_us_);
  give(session, challenge(3));
  give(session, receipt(session, 3, TrustState::kTrusted));
  give(session, receipt(session, 3, TrustState::kTrusted));
  EXPECT_EQ(tally_.wrong_verdicts, 1U) << "it was sent once";
}

class RestartingSessionTest : public HostSessionTest {
 protected:
  RestartingSessionTest() : HostSessionTest(plan_of("restart=1")) {}
};

TEST_F(RestartingSessionTest, AsksForAChallengeThoughItHasANonce) {
  HostSession session = this->session();
  session.look();
  give(session, challenge(1));
  session.begin(0, now_us_);
  const Bytes first = only<EvidenceMessage>(give(session, challenge(1))).items.front();
  give(session, receipt(session, 1, TrustState::kTrusted, Nonce{8}));
  only<HelloMessage>(session.begin(0, now_us_));
  const Bytes second = only<EvidenceMessage>(give(session, challenge(2))).items.front();
  EXPECT_EQ(decode_evidence(second)->header.nonce_kind, NonceKind::kInteractive);
  EXPECT_EQ(decode_evidence(second)->header.boot_id, decode_evidence(first)->header.boot_id);
}

class FloodingSessionTest : public HostSessionTest {
 protected:
  FloodingSessionTest() : HostSessionTest(plan_of("", "flood=1")) {}
};

TEST_F(FloodingSessionTest, TheSameReceiptAgainIsTheAnswerToTheSameEvidence) {
  HostSession session = this->session();
  session.look();
  give(session, challenge(1));
  session.begin(0, now_us_);
  give(session, challenge(1));
  for (int i = 0; i < 4; ++i) {
    give(session, receipt(session, 1, TrustState::kTrusted));
  }
  EXPECT_TRUE(session.is_idle());
  EXPECT_EQ(tally_.attestations, 1U);
  EXPECT_EQ(tally_.receipts_again, 3U);
  EXPECT_EQ(tally_.wrong_verdicts, 0U);
  session.begin(0, now_us_);
  give(session, receipt(session, 3, TrustState::kTrusted));
  EXPECT_EQ(tally_.wrong_verdicts, 1U) << "another receipt is not";
}

TEST_F(FloodingSessionTest, TheLogIsSentOnceThoughEachCopyIsAskedForIt) {
  HostSession session = this->session();
  session.look();
  give(session, challenge(1));
  session.begin(0, now_us_);
  give(session, challenge(1));
  EXPECT_FALSE(
      give(session, transport::NeedMessage{1, transport::LogKind::kBoot, 1'000'000, 0}).empty());
  EXPECT_TRUE(
      give(session, transport::NeedMessage{1, transport::LogKind::kBoot, 1'000'000, 0}).empty());
  EXPECT_EQ(tally_.logs_sent, 1U);
}

class FaultySessionTest : public HostSessionTest {
 protected:
  FaultySessionTest() : HostSessionTest(plan_of("", "wrong_key=1")) {}
};

TEST_F(FaultySessionTest, AFaultMustFailForItsReason) {
  HostSession session = this->session();
  session.look();
  give(session, challenge(1));
  const auto answered = [&](std::uint64_t sequence, TrustState state, const std::string& code) {
    session.begin(0, now_us_);
    give(session, challenge(sequence));
    give(session, receipt(session, sequence, state, {}, code));
    return tally_.wrong_verdicts;
  };
  EXPECT_EQ(answered(1, TrustState::kFailed, "quote.signature"), 0U);
  EXPECT_EQ(answered(2, TrustState::kFailed, "quote.nonce"), 1U);
  EXPECT_EQ(answered(3, TrustState::kFailed, ""), 2U);
  EXPECT_EQ(answered(4, TrustState::kTrusted, ""), 3U);
  EXPECT_EQ(tally_.failed, 3U);
}

class ReplayingSessionTest : public HostSessionTest {
 protected:
  ReplayingSessionTest() : HostSessionTest(plan_of("", "replay=1")) {}
};

TEST_F(ReplayingSessionTest, AReplayMustBeRefusedAndIsFollowedByAnHonestAnswer) {
  HostSession session = this->session();
  session.look();
  give(session, challenge(1));
  Bytes first;
  for (const std::uint64_t sequence : {1U, 2U}) {
    only<HelloMessage>(session.begin(0, now_us_));
    const Bytes item = only<EvidenceMessage>(give(session, challenge(sequence))).items.front();
    first = first.empty() ? item : first;
    give(session, receipt(session, sequence, TrustState::kTrusted));
  }
  EXPECT_EQ(only<EvidenceMessage>(session.begin(0, now_us_)).items.front(), first);
  const Bytes honest =
      only<EvidenceMessage>(
          give(session, transport::ErrorMessage{ErrorCode::kExpired, "", challenge(3)}))
          .items.front();
  EXPECT_EQ(decode_evidence(honest)->header.sequence, 3U);
  EXPECT_EQ(tally_.replays_refused, 1U);
  EXPECT_TRUE(tally_.errors.empty());
  give(session, receipt(session, 3, TrustState::kTrusted));
  session.begin(0, now_us_);
  give(session, receipt(session, 4, TrustState::kTrusted));
  EXPECT_EQ(tally_.wrong_verdicts, 1U) << "a replay was judged";
}

class RebootingSessionTest : public HostSessionTest {
 protected:
  RebootingSessionTest() : HostSessionTest(plan_of("reboot=1", "tampered_log=0.5")) {}
};

TEST_F(RebootingSessionTest, GivesTheLogOfItsBootOrATamperedOne) {
  HostSession session = this->session();
  session.look();
  give(session, challenge(1));
  std::set<Bytes> logs;
  std::set<BootId> boots;
  for (std::uint64_t sequence = 1; sequence <= 20; ++sequence) {
    boots.insert(only<HelloMessage>(session.begin(0, now_us_)).boot_id);
    give(session, challenge(sequence));
    const HostSession::Messages sent =
        give(session, transport::NeedMessage{sequence, transport::LogKind::kBoot, 1U << 24U});
    logs.insert(only<transport::LogsMessage>(sent).segment);
    const bool is_tampered = plan_.action(5, sequence) == Action::kTamperedLog;
    give(session,
         receipt(session, sequence, is_tampered ? TrustState::kFailed : TrustState::kTrusted, {},
                 is_tampered ? "log.mismatch" : ""));
  }
  EXPECT_EQ(boots.size(), 20U);
  EXPECT_EQ(logs.size(), 2U);
  EXPECT_EQ(tally_.wrong_verdicts, 0U);
}

}  // namespace
}  // namespace quotemill::bench
