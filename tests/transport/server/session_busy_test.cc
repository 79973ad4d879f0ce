// What a SessionTable tells hosts that find the inbox full: when to come again.
#include <gtest/gtest.h>

#include "tests/transport/server/session_fixture.h"

namespace quotemill::transport {
namespace {

class SessionBusy : public testing::SessionTest {
 protected:
  explicit SessionBusy(std::size_t inbox_items = 3) : SessionTest(inbox_items) {}

  // All below is about this host.
  void become(std::uint8_t host) {
    record_.uid.bytes.fill(host);
    record_.curve_key.fill(host);
    put_record();
  }

  // Evidence of this host, which it would send again.
  [[nodiscard]] EvidenceMessage evidence_of(std::uint8_t host) {
    become(host);
    const auto known = asked_.find(host);
    if (known != asked_.end()) {
      return evidence(known->second);
    }
    const auto answer = send(hello());
    EXPECT_TRUE(is<ChallengeMessage>(answer));
    const auto& challenge = std::get<ChallengeMessage>(*answer);
    const Bytes bytes = item(challenge.sequence, challenge.nonce);
    asked_.emplace(host, bytes);
    return evidence(bytes);
  }

  // What BUSY tells it, which it is told; 0 if it is not.
  std::uint32_t told(std::uint8_t host) {
    const auto answer = send(evidence_of(host));
    return is<BusyMessage>(answer) ? std::get<BusyMessage>(*answer).retry_after_ms : 0;
  }

  // All that is in the inbox is answered, `ms` from now.
  void answer(std::int64_t ms, ReplyKind kind = ReplyKind::kReceipt) {
    now_ms_ += ms;
    std::vector<Reply> replies;
    for (const Submission& submission : take_all()) {
      become(submission.host->uid.bytes[0]);
      replies.push_back(kind == ReplyKind::kReceipt ? judge(submission)
                                                    : reply_to(submission, kind));
      asked_.erase(submission.host->uid.bytes[0]);
    }
    table_->deliver(std::move(replies), now());
  }

  // The first three hosts, and there is no room for others.
  void fill() {
    for (std::uint8_t host = 1; host <= 3; ++host) {
      ASSERT_EQ(told(host), 0U);
    }
  }

  // Fifteen verdicts a second are made, and the inbox is full.
  void measure() {
    fill();
    EXPECT_EQ(told(kAlone), 1'000U);
    answer(200);
    EXPECT_EQ(table_->in_flight(), 0U);
    now_ms_ += 20'000;
    EXPECT_EQ(told(kAlone), 0U);
    answer(0);
    fill();
  }

  static constexpr std::uint8_t kAlone = 4;
  static constexpr std::uint8_t kFirst = 10;
  static constexpr std::uint8_t kLast = 209;

  std::map<std::uint8_t, Bytes> asked_;
};

TEST_F(SessionBusy, OneThatIsAloneIsToldASecond) {
  measure();
  EXPECT_EQ(told(kFirst), 1'000U);
}

TEST_F(SessionBusy, ManyAreToldToComeAgainOneAfterTheOther) {
  measure();
  std::uint32_t expected = 1'000;
  for (std::uint8_t host = kFirst; host <= kLast; ++host, expected += 50) {
    ASSERT_EQ(told(host), expected);
  }
  now_ms_ += 4'000;
  EXPECT_EQ(told(kLast + 1), expected - 4'000) << "the line is shorter then";
  now_ms_ += 20'000;
  EXPECT_EQ(told(kLast + 2), 1'000U);
}

TEST_F(SessionBusy, WhoFloodsTakesOnePlace) {
  measure();
  EXPECT_EQ(told(kFirst), 1'000U);
  for (int i = 0; i < 1'000; ++i) {
    ASSERT_EQ(told(kFirst), 1'000U);
  }
  EXPECT_EQ(told(kLast), 1'050U);
}

TEST_F(SessionBusy, WhoComesInVainAgainIsToldHalfAndWhoWasAcceptedTheWhole) {
  measure();
  for (std::uint8_t host = kFirst; host < kFirst + 100; ++host) {
    told(host);
  }
  EXPECT_EQ(told(kLast), 6'000U);
  now_ms_ += 6'000;
  for (std::uint8_t host = kFirst + 100; host < kLast - 19; ++host) {
    told(host);
  }
  EXPECT_EQ(told(kLast), 1'000U + 80 * 50 / 2);
  answer(0);
  EXPECT_EQ(told(kLast), 0U) << "there is room";
  answer(0);
  fill();
  now_ms_ += 1'000;
  EXPECT_EQ(told(kLast), 1'000U + 81 * 50 - 1'000);
}

// Its inbox has a fourth place.
class SessionBusyAgain : public SessionBusy {
 protected:
  SessionBusyAgain() : SessionBusy(4) {}
};

TEST_F(SessionBusyAgain, AQuarterOfTheInboxIsForThoseWhoWerePutOff) {
  fill();
  EXPECT_EQ(told(kFirst), 1'000U);
  EXPECT_EQ(told(kFirst), 0U) << "it has a place";
  EXPECT_EQ(told(kLast), 1'000U);
  EXPECT_EQ(told(kLast), 1'000U) << "and now there is no room for those either";
}

TEST_F(SessionBusy, WhoIsEnrolledAnewHasNoPlaceOfBefore) {
  measure();
  for (std::uint8_t host = kFirst; host < kFirst + 100; ++host) {
    told(host);
  }
  const std::uint32_t before = told(kLast);
  ++record_.generation;
  asked_.erase(kLast);
  EXPECT_EQ(told(kLast), before + 50);
}

TEST_F(SessionBusy, WhatCameThroughAGatewayWaitsInTheSameLine) {
  measure();
  EXPECT_EQ(told(kFirst), 1'000U);
  through_gateway_ = true;
  EXPECT_EQ(told(kFirst + 1), 1'050U);
  EXPECT_EQ(told(kFirst), 1'000U);
}

TEST_F(SessionBusy, BusyForOtherReasonsIsASecondHoweverLongTheLine) {
  measure();
  for (std::uint8_t host = kFirst; host < kLast; ++host) {
    told(host);
  }
  become(1);
  const auto other = send(evidence({1, 2, 3}));
  ASSERT_TRUE(is<BusyMessage>(other));
  EXPECT_EQ(std::get<BusyMessage>(*other).retry_after_ms, 1'000U);
  // From now on nobody has to wait for room.
  table_->refuse_new();
  EXPECT_EQ(told(kLast), 1'000U);
  EXPECT_EQ(told(kLast - 1), 1'000U);
}

TEST_F(SessionBusy, WhoIsAskedForItsLogHasNoVerdictYet) {
  fill();
  told(kFirst);
  answer(300, ReplyKind::kNeedLog);
  EXPECT_EQ(told(kFirst), 0U);
  EXPECT_EQ(told(kFirst + 1), 0U);
  EXPECT_EQ(told(kFirst + 2), 0U);
  for (std::uint8_t host = kFirst + 3; host < kLast; ++host) {
    ASSERT_EQ(told(host), 1'000U) << "how fast verdicts are made is not known";
  }
}

// Longer waits change nothing about when it came.
TEST_F(SessionBusy, WhatWasPutOffUntilItsChallengeIsAlmostOverIsWaitingSinceItCame) {
  measure();
  const EvidenceMessage message = evidence_of(kLast);
  const BootTime came = now().boot;
  const std::int64_t over = now_ms_ + 60'000;
  int attempts = 0;
  while (true) {
    for (std::uint8_t host = kFirst; host < kLast; ++host) {
      told(host);
    }
    const std::uint32_t wait = told(kLast);
    ASSERT_LE(wait, 20'000U);
    if (now_ms_ + wait >= over) {
      break;
    }
    now_ms_ += wait;
    ++attempts;
  }
  EXPECT_GE(attempts, 4);
  take_all();
  become(kLast);
  EXPECT_FALSE(send(message));
  EXPECT_EQ(take().waiting_since, came);
}

}  // namespace
}  // namespace quotemill::transport
