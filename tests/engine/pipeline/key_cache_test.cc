#include "engine/pipeline/key_cache.h"

#include <array>
#include <memory>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "tests/support/software_host.h"

namespace quotemill {
namespace {

using testing::SoftwareHost;

TEST(KeyCache, ParsesAKeyOnce) {
  KeyCache keys(64);
  const SoftwareHost host;
  const auto first = keys.attestation_key(host.record());
  const auto second = keys.attestation_key(host.record());
  ASSERT_TRUE(first);
  ASSERT_TRUE(second);
  EXPECT_EQ(*first, *second) << "the same object";
  EXPECT_EQ(keys.tally().hits, 1U);
  EXPECT_EQ(keys.tally().misses, 1U);
  EXPECT_EQ(keys.tally().keys, 1U);
  EXPECT_TRUE((*first)->checker.key().same_as(host.key.public_key()));
}

TEST(KeyCache, RefusesAKeyThatCannotBeReadAndKeepsNothingOfIt) {
  KeyCache keys(64);
  SoftwareHost host;
  const Bytes good = host.record().ak_public;
  host.record().ak_public.pop_back();
  EXPECT_FALSE(keys.attestation_key(host.record()));
  host.record().ak_public = good;
  EXPECT_TRUE(keys.attestation_key(host.record()));
}

TEST(KeyCache, Cve2022_1053_NeverGivesTheKeyOfAnotherGeneration) {
  KeyCache keys(64);
  const SoftwareHost before(KeyKind::kEcP256, 0);
  SoftwareHost after(KeyKind::kEcP256, 1);
  after.record().uid = before.record().uid;
  after.record().generation = before.record().generation + 1;
  for (int i = 0; i < 3; ++i) {
    EXPECT_TRUE(
        (*keys.attestation_key(before.record()))->checker.key().same_as(before.key.public_key()));
    EXPECT_TRUE(
        (*keys.attestation_key(after.record()))->checker.key().same_as(after.key.public_key()));
  }
}

TEST(KeyCache, ForgetsTheLeastRecentlyUsedKey) {
  KeyCache keys(32);  // two a shard
  SoftwareHost host;
  const auto record = [&](std::uint8_t number) {
    HostRecord numbered = host.record();
    numbered.uid.bytes.fill(0);
    numbered.uid.bytes.front() = number;  // all in one shard
    return numbered;
  };
  const auto first = *keys.attestation_key(record(1));
  const auto second = *keys.attestation_key(record(2));
  EXPECT_EQ(*keys.attestation_key(record(1)), first);
  EXPECT_TRUE(keys.attestation_key(record(3)));  // 2 goes
  EXPECT_EQ(*keys.attestation_key(record(1)), first);
  EXPECT_NE(*keys.attestation_key(record(2)), second);
}

// Of several records at once: what attestation_key() gives for each, if it is there.
TEST(KeyCache, GivesTheCachedKeysOfABatchInItsOrder) {
  KeyCache keys(64);
  std::vector<SoftwareHost> hosts;
  for (unsigned i = 0; i < 6; ++i) {
    hosts.emplace_back(KeyKind::kEcP256, i % 4);
    hosts.back().record().uid.bytes.fill(static_cast<std::uint8_t>(i % 2));  // in two shards
    hosts.back().record().uid.bytes.front() = static_cast<std::uint8_t>(10 + i);
  }
  std::vector<std::shared_ptr<AttestationKey>> expected(hosts.size());
  for (const std::size_t i : {0U, 2U, 3U, 5U}) {
    expected[i] = *keys.attestation_key(hosts[i].record());
  }
  std::vector<const HostRecord*> records;
  for (SoftwareHost& host : hosts) {
    records.push_back(&host.record());
  }
  EXPECT_EQ(keys.cached(records), expected);
  EXPECT_EQ(keys.tally().hits, 4U);
  EXPECT_EQ(keys.tally().misses, 4U) << "what is not cached will be looked for again";
  EXPECT_EQ(keys.cached({}), std::vector<std::shared_ptr<AttestationKey>>{});
}

TEST(KeyCache, Cve2022_1053_GivesABatchNoKeyOfAnotherGeneration) {
  KeyCache keys(64);
  const SoftwareHost before(KeyKind::kEcP256, 0);
  SoftwareHost after(KeyKind::kEcP256, 1);
  after.record().uid = before.record().uid;
  after.record().generation = before.record().generation + 1;
  const auto old = *keys.attestation_key(before.record());
  const std::array<const HostRecord*, 3> records{&before.record(), &after.record(),
                                                 &before.record()};
  EXPECT_EQ(keys.cached(records),
            (std::vector<std::shared_ptr<AttestationKey>>{old, nullptr, old}));
}

TEST(KeyCache, CountsBeingInABatchAsUse) {
  KeyCache keys(32);  // two a shard
  SoftwareHost host;
  std::array<HostRecord, 3> records{host.record(), host.record(), host.record()};
  for (std::uint8_t i = 0; i < 3; ++i) {
    records.at(i).uid.bytes.fill(0);
    records.at(i).uid.bytes.front() = i;  // all in one shard
  }
  const auto first = *keys.attestation_key(records[0]);
  EXPECT_TRUE(keys.attestation_key(records[1]));
  EXPECT_EQ(keys.cached(std::array<const HostRecord*, 1>{records.data()}), std::vector{first});
  EXPECT_TRUE(keys.attestation_key(records[2]));  // the second goes
  const std::array<const HostRecord*, 2> both{&records[0], &records[1]};
  EXPECT_EQ(keys.cached(both), (std::vector<std::shared_ptr<AttestationKey>>{first, nullptr}));
}

TEST(KeyCache, HoldsAtLeastOneKeyAShard) {
  KeyCache keys(0);
  const SoftwareHost host;
  EXPECT_EQ(*keys.attestation_key(host.record()), *keys.attestation_key(host.record()));
}

TEST(KeyCacheStress, GivesEveryThreadTheRightKey) {
  KeyCache keys(16);
  std::vector<SoftwareHost> hosts;
  std::vector<PublicKey> expected;
  for (unsigned i = 0; i < 40; ++i) {
    hosts.emplace_back(KeyKind::kEcP256, i % 4);
    hosts.back().record().uid.bytes.fill(static_cast<std::uint8_t>(i));
    expected.push_back(hosts.back().key.public_key());
  }
  std::atomic<int> wrong = 0;
  std::vector<std::jthread> threads;
  for (unsigned thread = 0; thread < 4; ++thread) {
    threads.emplace_back([&, thread] {
      for (unsigned i = 0; i < 500; ++i) {
        const std::size_t at = (i * 7 + thread * 13) % hosts.size();
        const auto key = keys.attestation_key(hosts[at].record());
        wrong += key && (*key)->checker.key().same_as(expected[at]) ? 0 : 1;
      }
    });
  }
  threads.clear();
  EXPECT_EQ(wrong, 0);
}

}  // namespace
}  // namespace quotemill
