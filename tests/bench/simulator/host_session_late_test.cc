// What a daemon may ask for once more, because it was late.
#include "tests/bench/simulator/host_session_fixture.h"

namespace quotemill::bench {
namespace {

using transport::ChallengeMessage;
using transport::EvidenceMessage;
using transport::HelloMessage;

// A session that sends evidence for a nonce that it was given in advance.
class WaitingSessionTest : public HostSessionTest {
 protected:
  WaitingSessionTest() : session_(session()) {
    session_.look();
    give(session_, challenge(1));
    session_.begin(0, now_us_);
    give(session_, challenge(1));
    give(session_, receipt(session_, 1, TrustState::kTrusted, Nonce{8}));
    first_ = only<EvidenceMessage>(session_.begin(0, now_us_)).items.front();
    session_.note_sent(now_us_);
  }

  HostSession::Messages expired() {
    return give(session_, transport::ErrorMessage{ErrorCode::kExpired, "", challenge(2)});
  }

  HostSession session_;
  Bytes first_;
};

TEST_F(WaitingSessionTest, WhatWasToldBusyMayBeAskedForAgain) {
  give(session_, transport::BusyMessage{10});
  now_us_ += 10'000;
  EXPECT_EQ(only<EvidenceMessage>(session_.wake(now_us_, tally_)).items.front(), first_);
  const Bytes fresh = only<EvidenceMessage>(expired()).items.front();
  EXPECT_EQ(decode_evidence(fresh)->header.nonce_kind, NonceKind::kInteractive);
  EXPECT_EQ(tally_.asked_again, 1U);
  EXPECT_TRUE(tally_.errors.empty());
  EXPECT_TRUE(expired().empty()) << "of a copy: a second quote for one nonce would be a reuse";
  EXPECT_TRUE(tally_.errors.empty());
  ChallengeMessage other = challenge(2);
  other.nonce = Nonce{9};
  now_us_ += 2'000'000;
  only<EvidenceMessage>(give(session_, transport::ErrorMessage{ErrorCode::kExpired, "", other}));
  EXPECT_EQ(tally_.asked_again, 1U);
  EXPECT_EQ(tally_.errors["expired"], 1U) << "not twice: a challenge was answered";
}

TEST_F(WaitingSessionTest, SoMayWhatIsAnsweredLate) {
  now_us_ += 1'000'000;
  expired();
  EXPECT_EQ(tally_.asked_again, 1U);
  EXPECT_TRUE(tally_.errors.empty());
}

TEST_F(HostSessionTest, AChallengeMayCrossWhatFollowsAHelloThatWasSentAgain) {
  HostSession session = this->session();
  session.look();
  give(session, challenge(1));
  session.begin(0, now_us_);
  only<HelloMessage>(session.wake(now_us_, tally_));
  give(session, challenge(1));
  give(session, receipt(session, 1, TrustState::kTrusted, Nonce{8}));
  for (const std::uint64_t sequence : {2U, 3U}) {
    session.begin(0, now_us_);
    ChallengeMessage crossing = challenge(sequence);
    crossing.nonce = Nonce{9};
    only<EvidenceMessage>(
        give(session, transport::ErrorMessage{ErrorCode::kExpired, "", crossing}));
    EXPECT_EQ(tally_.asked_again, 1U);
    EXPECT_EQ(tally_.errors.size(), sequence - 2) << "once";
    give(session, receipt(session, sequence, TrustState::kTrusted, Nonce{8}));
  }
}

TEST_F(WaitingSessionTest, WhatIsAnsweredAtOnceMayNot) {
  now_us_ += 999'999;
  expired();
  EXPECT_EQ(tally_.asked_again, 0U);
  EXPECT_EQ(tally_.errors["expired"], 1U);
}

TEST_F(WaitingSessionTest, NorMayWhatAnswersANonceThatCameLate) {
  now_us_ += 30'000'000;
  give(session_, receipt(session_, 2, TrustState::kTrusted, Nonce{8}));
  session_.begin(0, now_us_);
  session_.note_sent(now_us_);
  give(session_, transport::ErrorMessage{ErrorCode::kExpired, "", challenge(3)});
  EXPECT_EQ(tally_.asked_again, 0U) << "the clock went on meanwhile";
  EXPECT_EQ(tally_.errors["expired"], 1U);
}

class ReplayAgainstALateDaemonTest : public HostSessionTest {
 protected:
  ReplayAgainstALateDaemonTest() : HostSessionTest(plan_of("", "replay=1")) {}
};

TEST_F(ReplayAgainstALateDaemonTest, TheChallengesOfAReplayAndOfAHelloMayCross) {
  HostSession session = this->session();
  session.look();
  give(session, challenge(1));
  for (const std::uint64_t sequence : {1U, 2U}) {
    session.begin(0, now_us_);
    give(session, challenge(sequence));
    give(session, receipt(session, sequence, TrustState::kTrusted));
  }
  session.begin(0, now_us_);
  only<HelloMessage>(session.wake(now_us_, tally_));
  give(session, transport::ErrorMessage{ErrorCode::kExpired, "", challenge(3)});
  ChallengeMessage crossing = challenge(3);
  crossing.nonce = Nonce{9};
  only<EvidenceMessage>(give(session, transport::ErrorMessage{ErrorCode::kExpired, "", crossing}));
  EXPECT_EQ(tally_.asked_again, 1U);
  EXPECT_TRUE(tally_.errors.empty());
}

}  // namespace
}  // namespace quotemill::bench
