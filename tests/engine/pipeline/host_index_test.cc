// An index over hosts tells what a plain search over the same hosts tells.
#include "engine/pipeline/host_index.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <random>
#include <set>
#include <vector>

#include <gmock/gmock.h>

namespace quotemill {
namespace {

constexpr std::size_t kHosts = 300;

// Few keys for many hosts: they crowd, and take each other's places.
class Crowd {
 public:
  Crowd(std::mt19937_64& random, std::uint64_t keys) {
    for (std::size_t i = 0; i < kHosts; ++i) {
      auto record = std::make_shared<HostRecord>();
      record->uid.bytes[0] = static_cast<std::uint8_t>(i);
      record->uid.bytes[8] = static_cast<std::uint8_t>(i >> 8U);
      record->ek_sha256 = "ek-" + std::to_string(random() % keys);
      kept.take_place().record = std::move(record);
    }
  }

  [[nodiscard]] KeptHost& operator[](std::size_t number) {
    return kept.at(static_cast<std::uint32_t>(number));
  }

  KeptHosts kept;
};

// The hosts that are in an index, as a plain set has them.
class Model {
 public:
  void add(KeptHost& host) { in_.insert(&host); }

  void replace(KeptHost& host) {
    for (const KeptHost* other : with_key(host.ek_sha256())) {
      in_.erase(other);
    }
    in_.insert(&host);
  }

  void add_if_first(KeptHost& host) {
    if (with_key(host.ek_sha256()).empty()) {
      in_.insert(&host);
    }
  }

  void erase(const KeptHost& host) { in_.erase(&host); }

  [[nodiscard]] std::set<const KeptHost*> with_key(std::string_view key) const {
    std::set<const KeptHost*> found;
    std::copy_if(in_.begin(), in_.end(), std::inserter(found, found.end()),
                 [key](const KeptHost* host) { return host->ek_sha256() == key; });
    return found;
  }

  [[nodiscard]] bool has(const KeptHost& host) const { return in_.contains(&host); }

  [[nodiscard]] std::size_t size() const { return in_.size(); }

 private:
  std::set<const KeptHost*> in_;
};

template <class Index>
void expect_same(const Index& index, const Model& model, std::uint64_t keys) {
  for (std::uint64_t number = 0; number < keys; ++number) {
    const std::string key = "ek-" + std::to_string(number);
    const std::set<const KeptHost*> those = model.with_key(key);
    const KeptHost* const found = index.find(key);
    EXPECT_EQ(found == nullptr, those.empty()) << key;
    EXPECT_TRUE(found == nullptr || those.contains(found)) << key;
  }
}

void happens(std::mt19937_64& random, KeptHost& host, HostIndex<ByEk>& index, Model& model) {
  if (model.has(host)) {
    index.erase(host);
    model.erase(host);
  } else if (random() % 2 == 0) {
    index.add_if_first(host);
    model.add_if_first(host);
  } else {
    index.replace(host);
    model.replace(host);
  }
  EXPECT_EQ(index.size(), model.size());
}

void happens(std::mt19937_64& random, KeptHost& host, HostGroups<ByEk>& index, Model& model) {
  if (model.has(host) || random() % 8 == 0) {
    index.erase(host);
    model.erase(host);
  } else {
    index.add(host);
    model.add(host);
  }
}

template <class Index>
void expect_what_a_plain_search_finds() {
  for (const std::uint64_t keys : {3U, 40U, 1'000U}) {
    std::mt19937_64 random(keys);
    Crowd hosts(random, keys);
    Index index(hosts.kept);
    Model model;
    for (int step = 1; step <= 6'000; ++step) {
      happens(random, hosts[random() % kHosts], index, model);
      if (step % 50 == 0) {
        expect_same(index, model, keys);
      }
    }
  }
}

TEST(HostIndex, FindsWhatAPlainSearchFindsWhateverCameAndWent) {
  expect_what_a_plain_search_finds<HostIndex<ByEk>>();
}

TEST(HostGroups, FindWhatAPlainSearchFindsWhateverCameAndWent) {
  expect_what_a_plain_search_finds<HostGroups<ByEk>>();
}

TEST(HostIndex, HasTheLastOneOfThoseThatReplaceEachOther) {
  std::mt19937_64 random(5);
  Crowd hosts(random, 20);
  HostIndex<ByEk> index(hosts.kept);
  std::map<std::string, const KeptHost*, std::less<>> last;
  for (std::size_t number = 0; number < kHosts; ++number) {
    KeptHost& host = hosts[number];
    index.replace(host);
    last[host.ek_sha256()] = &host;
  }
  EXPECT_EQ(index.size(), last.size());
  for (const auto& [key, host] : last) {
    EXPECT_EQ(index.find(key), host);
  }
}

TEST(HostIndex, ForgetsOnlyTheVeryHost) {
  std::mt19937_64 random(5);
  Crowd hosts(random, 1);
  HostIndex<ByEk> index(hosts.kept);
  index.replace(hosts[0]);
  index.erase(hosts[1]);  // of the same key
  EXPECT_EQ(index.find(hosts[1].ek_sha256()), &hosts[0]);
  index.erase(hosts[0]);
  EXPECT_EQ(index.find(hosts[0].ek_sha256()), nullptr);
  EXPECT_EQ(index.size(), 0U);
}

TEST(HostIndex, AnEmptyOneFindsNothing) {
  KeptHosts hosts;
  HostIndex<ByUid> index(hosts);
  KeptHost host;
  host.record = std::make_shared<const HostRecord>();
  EXPECT_EQ(index.find(HostUid()), nullptr);
  EXPECT_EQ(index.first_look(HostUid()), nullptr);
  index.prefetch(HostUid());
  index.erase(host);
  EXPECT_EQ(index.size(), 0U);
}

}  // namespace
}  // namespace quotemill
