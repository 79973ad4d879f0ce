#include "bench/simulator/plan.h"

#include <map>

#include <gmock/gmock.h>

namespace quotemill::bench {
namespace {

using ::testing::HasSubstr;

std::map<Action, int> counted(const Plan& plan, int count) {
  std::map<Action, int> seen;
  for (int i = 0; i < count; ++i) {
    ++seen[plan.action(static_cast<std::uint32_t>(i % 100), static_cast<std::uint64_t>(i / 100))];
  }
  return seen;
}

TEST(Plan, IsQuotesOnlyUnlessToldOtherwise) {
  const Result<Plan> plan = Plan::parse(1, "", "");
  ASSERT_TRUE(plan);
  EXPECT_EQ(counted(*plan, 1'000), (std::map<Action, int>{{Action::kQuoteOnly, 1'000}}));
}

TEST(Plan, GivesEachActionItsShare) {
  const Result<Plan> plan =
      Plan::parse(1, "quote-only=0.9,reboot=0.1", "bad_signature=0.2,wrong_key=0.05");
  ASSERT_TRUE(plan) << plan.error().to_string();
  std::map<Action, int> seen = counted(*plan, 100'000);
  EXPECT_NEAR(seen[Action::kBadSignature], 20'000, 600);
  EXPECT_NEAR(seen[Action::kWrongKey], 5'000, 300);
  EXPECT_NEAR(seen[Action::kReboot], 7'500, 400) << "a tenth of what is honest";
  EXPECT_EQ(seen[Action::kReplay], 0);
}

TEST(Plan, IsTheSameForTheSameSeed) {
  const auto drawn = [](std::uint64_t seed) {
    const Result<Plan> plan = Plan::parse(seed, "quote-only=0.5,reboot=0.5", "");
    std::vector<Action> actions;
    for (std::uint64_t sequence = 1; sequence <= 64; ++sequence) {
      actions.push_back(plan->action(3, sequence));
    }
    return actions;
  };
  EXPECT_EQ(drawn(1), drawn(1));
  EXPECT_NE(drawn(1), drawn(2));
}

TEST(Plan, SaysWhatIsWrong) {
  const auto refusal = [](const char* mix, const char* faults) {
    const Result<Plan> plan = Plan::parse(1, mix, faults);
    return plan ? std::string("no refusal") : plan.error().to_string();
  };
  EXPECT_THAT(refusal("quote-only", ""), HasSubstr("a share from 0 to 1"));
  EXPECT_THAT(refusal("quote-only=x", ""), HasSubstr("a share from 0 to 1"));
  EXPECT_THAT(refusal("quote-only=nan", ""), HasSubstr("a share from 0 to 1"));
  EXPECT_THAT(refusal("quote-only=-1", ""), HasSubstr("a share from 0 to 1"));
  EXPECT_THAT(refusal("quote-only=0", ""), HasSubstr("all 0"));
  EXPECT_THAT(refusal("bad_signature=1", ""), HasSubstr("is none of quote-only, restart, reboot"));
  EXPECT_THAT(refusal("", "reboot=1"), HasSubstr("is none of bad_signature"));
  EXPECT_THAT(refusal("", "bad_signature=0.6,wrong_key=0.6"), HasSubstr("more than 1"));
}

TEST(Plan, KnowsTheAnswerToEachFault) {
  for (std::size_t i = 0; i < kActionCount; ++i) {
    const auto action = static_cast<Action>(i);
    const Expected expected = expected_of(action);
    EXPECT_EQ(expected.state == TrustState::kFailed, !expected.code.empty()) << name_of(action);
  }
  EXPECT_EQ(expected_of(Action::kQuoteOnly).state, TrustState::kTrusted);
  EXPECT_EQ(expected_of(Action::kWrongKey).code, "quote.signature");
}

TEST(KeyMix, DividesHostsAmongKinds) {
  const Result<KeyMix> mix = KeyMix::parse(1, "rsa2048:0.4,ecdsa_p256:0.1");
  ASSERT_TRUE(mix);
  int rsa = 0;
  for (std::uint32_t host = 0; host < 10'000; ++host) {
    rsa += mix->kind(host) == KeyKind::kRsa ? 1 : 0;
  }
  EXPECT_NEAR(rsa, 8'000, 200);
  EXPECT_FALSE(KeyMix::parse(1, "rsa2048:0"));
  EXPECT_FALSE(KeyMix::parse(1, "rsa1024:1"));
  EXPECT_FALSE(KeyMix::parse(1, ""));
}

}  // namespace
}  // namespace quotemill::bench
