#include "engine/pipeline/host_outcomes.h"

#include <array>

#include <gtest/gtest.h>

namespace quotemill {
namespace {

HostUid uid(std::uint8_t number) {
  HostUid uid;
  uid.bytes.back() = number;
  return uid;
}

std::shared_ptr<const HostState> state_at(std::uint64_t sequence) {
  auto state = std::make_shared<HostState>();
  state->sequence = sequence;
  return state;
}

TEST(HostOutcomes, HaveTheNewestOfEachHostInTheOrderOfTheFirst) {
  HostOutcomes outcomes;
  outcomes.reserve(2);
  EXPECT_FALSE(outcomes.has(uid(1)));
  for (const std::uint8_t host : std::array<std::uint8_t, 3>{1, 2, 3}) {
    outcomes.of(uid(host)).state = state_at(host);
  }
  outcomes.of(uid(1)).deadline = Deadlines::Term{{7}, 5};
  outcomes.of(uid(1)).state = state_at(10);
  ASSERT_EQ(outcomes.all().size(), 3U);
  EXPECT_EQ(outcomes.all()[0].state->sequence, 10U);
  EXPECT_EQ(outcomes.all()[0].deadline, (Deadlines::Term{{7}, 5}));
  EXPECT_EQ(outcomes.all()[1].state->sequence, 2U);
  EXPECT_EQ(outcomes.all()[1].deadline, std::nullopt);
  EXPECT_EQ(outcomes.find(uid(3)), &outcomes.all()[2]);
  EXPECT_EQ(outcomes.find(uid(4)), nullptr);
}

TEST(HostOutcomes, AreNoneOnceTheyAreCleared) {
  HostOutcomes outcomes;
  outcomes.of(uid(1)).state = state_at(1);
  outcomes.clear();
  EXPECT_FALSE(outcomes.has(uid(1)));
  EXPECT_TRUE(outcomes.all().empty());
  EXPECT_EQ(outcomes.of(uid(1)).state, nullptr);
}

}  // namespace
}  // namespace quotemill
