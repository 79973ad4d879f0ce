// Kept hosts stay where they are, and are found by their places, whatever came and went.
#include "engine/pipeline/kept_hosts.h"

#include <map>
#include <random>
#include <string>

#include <gtest/gtest.h>

namespace quotemill {
namespace {

// By place, and where it was when it came.
struct Known {
  std::string name;
  const KeptHost* host = nullptr;
};

void expect_same(const KeptHosts& hosts, const std::map<std::uint32_t, Known>& model) {
  ASSERT_EQ(hosts.size(), model.size());
  std::size_t visited = 0;
  hosts.visit(0, hosts.places(), [&](const KeptHost& host) {
    ++visited;
    const auto known = model.find(host.place);
    ASSERT_NE(known, model.end()) << host.place;
    ASSERT_EQ(&host, known->second.host);
    ASSERT_EQ(&host, &hosts.at(host.place));
    ASSERT_EQ(host.name(), known->second.name);
  });
  ASSERT_EQ(visited, model.size());
}

void fill(KeptHosts& hosts, std::string name, std::map<std::uint32_t, Known>& model) {
  KeptHost& host = hosts.take_place();
  ASSERT_TRUE(host.is_empty());
  ASSERT_FALSE(model.contains(host.place));
  auto record = std::make_shared<HostRecord>();
  record->name = name;
  host.record = std::move(record);
  model[host.place] = {std::move(name), &host};
}

TEST(KeptHosts, StayWhereTheyAreWhateverComesAndGoes) {
  std::mt19937_64 random(11);
  KeptHosts hosts;
  std::map<std::uint32_t, Known> model;
  for (int step = 0; step < 5'000; ++step) {
    if (random() % 5 < 3 || model.empty()) {
      fill(hosts, "host-" + std::to_string(step), model);
    } else {
      const auto gone =
          std::next(model.begin(), static_cast<std::ptrdiff_t>(random() % model.size()));
      hosts.give_back(hosts.at(gone->first));
      model.erase(gone);
    }
    if (step % 100 == 0) {
      expect_same(hosts, model);
    }
  }
  expect_same(hosts, model);
  EXPECT_LT(hosts.places(), 3'500U) << "places are taken again";
}

// More than one piece of memory has.
TEST(KeptHosts, AreFoundInWhicheverPieceOfMemoryTheyAre) {
  KeptHosts hosts;
  std::map<std::uint32_t, Known> model;
  for (int number = 0; number < 140'000; ++number) {
    KeptHost& host = hosts.take_place();
    host.revision = host.place;
    ASSERT_EQ(host.place, static_cast<std::uint32_t>(number));
    if (number % 10'000 == 0) {
      model[host.place] = {"", &host};
    }
  }
  EXPECT_EQ(hosts.places(), 140'000U);
  for (const auto& [place, known] : model) {
    EXPECT_EQ(&hosts.at(place), known.host);
    EXPECT_EQ(hosts.at(place).revision, place);
  }
  EXPECT_EQ(hosts.at(139'999).revision, 139'999U);
}

}  // namespace
}  // namespace quotemill
