#include "engine/pipeline/snapshot_holder.h"

#include <thread>

#include <gtest/gtest.h>

namespace quotemill {
namespace {

std::shared_ptr<const Baseline> golden(std::uint32_t version) {
  auto baseline = std::make_shared<Baseline>();
  baseline->name = "golden";
  baseline->version = version;
  return baseline;
}

TEST(SnapshotHolder, KnowsABaselineFromThenOn) {
  SnapshotHolder holder(default_policy(), {});
  const auto before = holder.current();
  EXPECT_TRUE(before->baselines().empty());
  holder.add(golden(1));
  const auto after = holder.current();
  EXPECT_NE(before->id(), after->id());
  EXPECT_EQ(after->baselines().size(), 1U);
  EXPECT_TRUE(before->baselines().empty()) << "whoever holds the old one keeps it";
  EXPECT_EQ(holder.baselines().size(), 1U);
}

TEST(SnapshotHolder, IsTheSameForAllWhoAsk) {
  const SnapshotHolder holder(default_policy(), {golden(1)});
  EXPECT_EQ(holder.current(), holder.current());
}

TEST(SnapshotHolderStress, GivesWholeSnapshotsWhileBaselinesAreAdded) {
  SnapshotHolder holder(default_policy(), {golden(1)});
  std::atomic<bool> done = false;
  std::atomic<int> wrong = 0;
  std::vector<std::jthread> readers;
  for (int i = 0; i < 3; ++i) {
    readers.emplace_back([&] {
      std::uint32_t last = 0;
      while (!done) {
        const auto snapshot = holder.current();
        const std::uint32_t version = snapshot->baselines().at(0)->version;
        wrong += version >= last && holder.baselines().size() >= version ? 0 : 1;
        last = version;
      }
    });
  }
  for (std::uint32_t version = 2; version < 200; ++version) {
    holder.add(golden(version));
  }
  done = true;
  readers.clear();
  EXPECT_EQ(wrong, 0);
}

}  // namespace
}  // namespace quotemill
