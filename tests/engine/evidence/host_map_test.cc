// A map by host tells what a plain map tells, whatever came and went.
#include "engine/evidence/host_map.h"

#include <map>
#include <random>

#include <gtest/gtest.h>

namespace quotemill {
namespace {

// So many hosts, of which some hash alike: a table by hash has them beside each other. The first
// one's uid is zeros.
HostUid host(std::uint64_t number) {
  HostUid uid;
  uid.bytes.front() = static_cast<std::uint8_t>(number % 7);
  uid.bytes[7] = static_cast<std::uint8_t>(number >> 8U);
  uid.bytes.back() = static_cast<std::uint8_t>(number);
  return uid;
}

void expect_same(HostMap<int>& map, const std::map<HostUid, int>& model, std::uint64_t hosts) {
  ASSERT_EQ(map.size(), model.size());
  for (std::uint64_t number = 0; number < hosts; ++number) {
    const auto known = model.find(host(number));
    const int* const found = map.find(host(number));
    ASSERT_EQ(found != nullptr, known != model.end()) << number;
    ASSERT_TRUE(found == nullptr || *found == known->second) << number;
  }
  std::size_t visited = 0;
  map.visit([&visited](int& /*value*/) { ++visited; });
  ASSERT_EQ(visited, model.size());
}

TEST(HostMap, TellsWhatAPlainMapTells) {
  for (const std::uint64_t hosts : {5U, 60U, 1'000U}) {
    std::mt19937_64 random(hosts);
    HostMap<int> map;
    std::map<HostUid, int> model;
    for (int step = 1; step <= 6'000; ++step) {
      const HostUid uid = host(random() % hosts);
      if (random() % 3 == 0) {
        map.erase(uid);
        model.erase(uid);
      } else {
        const auto [value, is_new] = map.try_add(uid, step);
        const auto [known, was_missing] = model.try_emplace(uid, step);
        ASSERT_EQ(is_new, was_missing);
        ASSERT_EQ(*value, known->second);
        *value = known->second = -step;
      }
      map.prefetch(uid);
      if (step % 100 == 0) {
        expect_same(map, model, hosts);
      }
    }
  }
}

TEST(HostMap, IsEmptyOnceItIsClearedAndGrowsAnew) {
  HostMap<int> map;
  EXPECT_EQ(map.find(host(1)), nullptr);
  map.prefetch(host(1));
  map.erase(host(1));
  map.reserve(100);
  for (const int number : {1, 2, 3}) {
    map.try_add(host(static_cast<std::uint64_t>(number)), number);
  }
  map.clear();
  expect_same(map, {}, 10);
  map.try_add(host(2), 5);
  expect_same(map, {{host(2), 5}}, 10);
}

// Zeros are a uid as any other, and no sign of one that is missing.
TEST(HostMap, TellsTheHostOfZeros) {
  HostMap<int> map;
  map.try_add(host(1), 1);
  expect_same(map, {{host(1), 1}}, 3);
  EXPECT_TRUE(map.try_add(HostUid{}, 7).second);
  EXPECT_FALSE(map.try_add(HostUid{}, 8).second);
  expect_same(map, {{HostUid{}, 7}, {host(1), 1}}, 3);
  int sum = 0;
  map.visit([&sum](int value) { sum += value; });
  EXPECT_EQ(sum, 8);
  map.erase(HostUid{});
  expect_same(map, {{host(1), 1}}, 3);
  map.try_add(HostUid{}, 9);
  map.clear();
  expect_same(map, {}, 3);
}

// What is looked up for is whole uids: those of which the first or the last half differs are
// others.
TEST(HostMap, TellsHostsApartByEachByte) {
  HostMap<int> map;
  map.try_add(HostUid{}, 1);
  for (std::size_t at = 0; at < 16; ++at) {
    HostUid other;
    other.bytes.at(at) = 1;
    EXPECT_EQ(map.find(other), nullptr) << at;
  }
}

}  // namespace
}  // namespace quotemill
