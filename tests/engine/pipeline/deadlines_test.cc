#include "engine/pipeline/deadlines.h"

#include <map>
#include <random>

#include <gmock/gmock.h>

namespace quotemill {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAreArray;

HostUid uid(std::uint8_t number) {
  HostUid uid;
  uid.bytes.back() = number;
  return uid;
}

std::vector<HostUid> taken(Deadlines& deadlines, BootTime now) {
  std::vector<HostUid> hosts;
  for (const Deadlines::Due& due : deadlines.take_due(now)) {
    hosts.push_back(due.host);
  }
  return hosts;
}

TEST(Deadlines, TakesWhatIsDueInOrderAndForgetsIt) {
  Deadlines deadlines;
  deadlines.set(uid(1), {{30}, 0});
  deadlines.set(uid(2), {{10}, 0});
  deadlines.set(uid(3), {{20}, 0});
  EXPECT_EQ(deadlines.next(), BootTime{10});
  EXPECT_THAT(taken(deadlines, {9}), IsEmpty());
  EXPECT_THAT(taken(deadlines, {20}), ElementsAre(uid(2), uid(3)));
  EXPECT_THAT(taken(deadlines, {20}), IsEmpty());
  EXPECT_EQ(deadlines.next(), BootTime{30});
}

TEST(Deadlines, ReplacesAnEarlierOne) {
  Deadlines deadlines;
  deadlines.set(uid(1), {{10}, 0});
  deadlines.set(uid(1), {{50}, 0});
  EXPECT_THAT(taken(deadlines, {49}), IsEmpty());
  deadlines.set(uid(1), {{5}, 0});
  EXPECT_THAT(taken(deadlines, {5}), ElementsAre(uid(1)));
  EXPECT_EQ(deadlines.next(), std::nullopt);
}

TEST(Deadlines, WhatWasPutOffIsDueWhenItWasPutOffTo) {
  Deadlines deadlines;
  deadlines.set(uid(1), {{10}, 0});
  deadlines.set(uid(1), {{20}, 0});
  deadlines.set(uid(2), {{15}, 0});
  EXPECT_THAT(taken(deadlines, {16}), ElementsAre(uid(2)));
  EXPECT_EQ(deadlines.next(), BootTime{20});
  deadlines.set(uid(1), {{30}, 0});
  deadlines.clear(uid(1));
  deadlines.set(uid(1), {{25}, 0});
  EXPECT_THAT(taken(deadlines, {24}), IsEmpty());
  EXPECT_THAT(taken(deadlines, {40}), ElementsAre(uid(1)));
  EXPECT_EQ(deadlines.next(), std::nullopt);
}

TEST(Deadlines, AgreesWithAPlainListOnRandomDeadlines) {
  std::mt19937 random(7);
  Deadlines deadlines;
  std::map<HostUid, std::int64_t> plain;
  for (std::int64_t now = 0; now < 3'000; ++now) {
    const HostUid host = uid(static_cast<std::uint8_t>(random() % 20));
    if (random() % 5 == 0) {
      deadlines.clear(host);
      plain.erase(host);
    } else {
      plain[host] = now + static_cast<std::int64_t>(random() % 60);
      deadlines.set(host, {{plain[host]}, 0});
    }
    std::vector<HostUid> due;
    for (const auto& [each, at] : plain) {
      if (at <= now) {
        due.push_back(each);
      }
    }
    std::erase_if(plain, [now](const auto& each) { return each.second <= now; });
    EXPECT_THAT(taken(deadlines, {now}), UnorderedElementsAreArray(due)) << now;
    EXPECT_EQ(deadlines.next().has_value(), !plain.empty());
  }
}

TEST(Deadlines, ClearsOneHostAlone) {
  Deadlines deadlines;
  deadlines.set(uid(1), {{10}, 0});
  deadlines.set(uid(2), {{10}, 0});
  deadlines.clear(uid(1));
  deadlines.clear(uid(9));
  EXPECT_THAT(taken(deadlines, {10}), ElementsAre(uid(2)));
}

TEST(Deadlines, GivesEachBackWithItsValidity) {
  Deadlines deadlines;
  deadlines.set(uid(1), {{30}, 7});
  deadlines.set(uid(1), {{40}, 9});
  EXPECT_EQ(deadlines.find(uid(1)), (Deadlines::Term{{40}, 9}));
  deadlines.put_off(10);
  const std::vector<Deadlines::Due> due = deadlines.take_due({50});
  ASSERT_EQ(due.size(), 1U);
  EXPECT_EQ(due.front().term, (Deadlines::Term{{50}, 9}));
  EXPECT_EQ(deadlines.find(uid(1)), std::nullopt);
}

TEST(Deadlines, PutsAllOfThemOff) {
  Deadlines deadlines;
  deadlines.set(uid(1), {{30}, 0});
  deadlines.set(uid(2), {{10}, 0});
  deadlines.set(uid(2), {{20}, 0});  // sorted at 10
  deadlines.put_off(100);
  EXPECT_EQ(deadlines.find(uid(1))->at, BootTime{130});
  EXPECT_THAT(taken(deadlines, {119}), IsEmpty());
  EXPECT_THAT(taken(deadlines, {130}), ElementsAre(uid(2), uid(1)));
}

}  // namespace
}  // namespace quotemill
