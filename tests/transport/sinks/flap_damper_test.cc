#include "transport/sinks/flap_damper.h"

#include <gtest/gtest.h>

#include "transport/sinks/limits.h"

namespace quotemill::transport {
namespace {

constexpr std::int64_t kBegin = 1'795'471'200'000;
constexpr std::int64_t kWindow = 60'000;

class FlapDamperTest : public ::testing::Test {
 protected:
  // The next change of the host, so long after the first one.
  Change change(TrustState state, std::int64_t at_ms, FindingCode code = FindingCode::kQuoteNonce,
                std::uint32_t host = 1) {
    Change change;
    change.sequence = ++last_;
    change.host.bytes = {static_cast<std::uint8_t>(host), static_cast<std::uint8_t>(host >> 8U),
                         static_cast<std::uint8_t>(host >> 16U)};
    change.host_name = "web-01";
    change.current = state;
    change.time = {kBegin + at_ms};
    if (state != TrustState::kTrusted) {
      change.reasons = {Finding{.code = code, .severity = Severity::kFail}};
    }
    return change;
  }

  FlapDamper damper_{std::chrono::milliseconds(kWindow)};
  std::uint64_t last_ = 0;
};

TEST_F(FlapDamperTest, TellsEachThingOnceInAWindow) {
  EXPECT_TRUE(damper_.take(change(TrustState::kFailed, 0), {}));
  EXPECT_TRUE(damper_.take(change(TrustState::kTrusted, 1), {}));
  for (int i = 0; i < 25; ++i) {
    EXPECT_FALSE(damper_.take(change(TrustState::kFailed, 2 + 2 * i), {}));
    EXPECT_FALSE(damper_.take(change(TrustState::kTrusted, 3 + 2 * i), {}));
  }
  damper_.end();
  ASSERT_EQ(damper_.ended().size(), 1U);
  const HeldChanges& held = damper_.ended().front();
  EXPECT_EQ(held.count, 50U);
  EXPECT_EQ(held.first, 3U);
  EXPECT_EQ(held.last.sequence, 52U);
  EXPECT_TRUE(held.is_last_told) << "it was told to be trusted last, and is";
  EXPECT_EQ(held.told.ms, kBegin + kWindow);
}

TEST_F(FlapDamperTest, SaysIfTheLastOneIsNotWhatWasToldLast) {
  EXPECT_TRUE(damper_.take(change(TrustState::kTrusted, 0), {}));
  EXPECT_TRUE(damper_.take(change(TrustState::kFailed, 1), {}));
  EXPECT_FALSE(damper_.take(change(TrustState::kTrusted, 2), {}));
  damper_.end();
  EXPECT_FALSE(damper_.ended().front().is_last_told);
}

// Whoever makes a host flap must not hide behind it what else becomes of it.
TEST_F(FlapDamperTest, Hostile_NothingNewIsEverHeld) {
  EXPECT_TRUE(damper_.take(change(TrustState::kWarning, 0), {}));
  EXPECT_TRUE(damper_.take(change(TrustState::kTrusted, 1), {}));
  EXPECT_FALSE(damper_.take(change(TrustState::kWarning, 2), {}));
  EXPECT_TRUE(damper_.take(change(TrustState::kFailed, 3), {})) << "another state";
  EXPECT_TRUE(damper_.take(change(TrustState::kFailed, 4, FindingCode::kQuoteSignature), {}))
      << "another reason";
  Change with_more = change(TrustState::kFailed, 5);
  with_more.reasons.push_back(Finding{.code = FindingCode::kLogWithheld});
  EXPECT_TRUE(damper_.take(with_more, {})) << "another reason behind one that was told";
  Change in_maintenance = change(TrustState::kStale, 6);
  in_maintenance.in_maintenance = true;
  EXPECT_TRUE(damper_.take(in_maintenance, {}));
  EXPECT_TRUE(damper_.take(change(TrustState::kStale, 7), {})) << "now somebody is to be woken";
  EXPECT_TRUE(damper_.take(change(TrustState::kWarning, 8, FindingCode::kQuoteNonce, 2), {}))
      << "another host";
  damper_.end();
  EXPECT_TRUE(damper_.ended().empty()) << "what was told since says more than what was held";
}

TEST_F(FlapDamperTest, WindowsEndByTheTimesOfChanges) {
  EXPECT_TRUE(damper_.take(change(TrustState::kFailed, 30'000), {}));
  EXPECT_FALSE(damper_.ends_before(change(TrustState::kFailed, kWindow - 1)));
  const Change next = change(TrustState::kFailed, kWindow);
  EXPECT_TRUE(damper_.ends_before(next));
  damper_.end();
  EXPECT_TRUE(damper_.ended().empty());
  EXPECT_TRUE(damper_.take(next, {})) << "in each window it is told";
  EXPECT_EQ(damper_.begun(), next.sequence);
}

// An hour, a year: what is held back must be told all the same, and soon.
TEST_F(FlapDamperTest, AClockThatJumpsHoldsNothingForLong) {
  const BootTime boot{7'000'000};
  constexpr std::int64_t kYear = 365LL * 86'400'000;
  EXPECT_TRUE(damper_.take(change(TrustState::kFailed, 0), boot));
  EXPECT_FALSE(damper_.is_over({{kBegin + kWindow - 1}, {boot.ms + 1}}, true));
  EXPECT_FALSE(damper_.is_over({{kBegin - kYear}, {boot.ms + kWindow}}, true));
  for (const bool is_all : {true, false}) {
    EXPECT_TRUE(damper_.is_over({{kBegin - kYear}, {boot.ms + kWindow + 2'000}}, is_all))
        << "set back: the boot clock counts";
  }
  EXPECT_TRUE(damper_.is_over({{kBegin + kYear}, {boot.ms + 1}}, true)) << "set ahead: at once";
  EXPECT_FALSE(damper_.is_over({{kBegin + kYear}, {boot.ms + 1}}, false))
      << "those that come may be of this window";
}

TEST_F(FlapDamperTest, HoldsNothingWithoutAWindowOrBeyondItsBound) {
  FlapDamper none{std::chrono::milliseconds(0)};
  for (int i = 0; i < 3; ++i) {
    const Change one = change(TrustState::kFailed, i);
    EXPECT_FALSE(none.ends_before(one));
    EXPECT_TRUE(none.take(one, {}));
  }
  EXPECT_EQ(none.begun(), 0U);
  for (std::uint32_t host = 0; host <= limits::kSinkFlapHostsMax; ++host) {
    EXPECT_TRUE(damper_.take(change(TrustState::kFailed, 0, FindingCode::kQuoteNonce, host), {}));
  }
  const auto last = static_cast<std::uint32_t>(limits::kSinkFlapHostsMax);
  EXPECT_TRUE(damper_.take(change(TrustState::kFailed, 1, FindingCode::kQuoteNonce, last), {}));
  EXPECT_FALSE(damper_.take(change(TrustState::kFailed, 1, FindingCode::kQuoteNonce, 0), {}));
}

}  // namespace
}  // namespace quotemill::transport
