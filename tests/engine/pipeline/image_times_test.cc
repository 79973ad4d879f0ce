#include "engine/pipeline/image_times.h"

#include <thread>

#include <gmock/gmock.h>

#include "engine/crypto/hash.h"
#include "storage/memory_store.h"

namespace quotemill {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

Digest image_of(const char* name) {
  return hash(HashAlgorithm::kSha256, as_bytes(name));
}

// What the store was asked to keep.
class CountingLog final : public ImageTimeLog {
 public:
  Result<void> keep_image_times(std::span<const ImageTime> times) override {
    if (fails) {
      return Error{ErrorCode::kStorage, "images"};
    }
    writes.emplace_back(times.begin(), times.end());
    return {};
  }

  [[nodiscard]] Result<std::vector<ImageTime>> image_times() const override {
    return std::vector<ImageTime>();
  }

  bool fails = false;
  std::vector<std::vector<ImageTime>> writes;
};

const Digest kImage = image_of("ESXi-8.0U3");
const Digest kOther = image_of("ESXi-8.0U2");

TEST(ImageTimes, TellTheNewest) {
  CountingLog log;
  ImageTimes times(log, {{kOther, {7}}});
  EXPECT_EQ(times.last(kImage), std::nullopt);
  times.note({kImage, {1'000}});
  times.note({kImage, {999}});  // a quote of the same moment that was judged later
  EXPECT_EQ(times.last(kImage), WallTime{1'000});
  EXPECT_EQ(times.last(kOther), WallTime{7}) << "as the store had it";
}

TEST(ImageTimes, BelieveAClockThatWasSetBack) {
  CountingLog log;
  ImageTimes times(log, {{kImage, {4'000'000'000'000}}});
  times.note({kImage, {1'700'000'000'000}});
  EXPECT_EQ(times.last(kImage), WallTime{1'700'000'000'000});
}

TEST(ImageTimes, AreWrittenOnceAMinuteAtMost) {
  CountingLog log;
  ImageTimes times(log, {});
  ASSERT_TRUE(times.keep({0}));
  EXPECT_THAT(log.writes, IsEmpty()) << "nothing is known";
  std::int64_t now = 0;
  for (; now < 600'000; now += 100) {  // ten minutes of ten attestations a second
    times.note({kImage, {now}});
    times.note({kOther, {now}});
    ASSERT_TRUE(times.keep({now}));
  }
  ASSERT_EQ(log.writes.size(), 10U);
  EXPECT_EQ(log.writes[0].size(), 1U + 1U) << "all that are due, in one write";
  ASSERT_TRUE(times.keep_all());
  EXPECT_EQ(log.writes.size(), 11U);
  EXPECT_EQ(log.writes.back()[0].attested.ms, now - 100);
  ASSERT_TRUE(times.keep_all());
  EXPECT_EQ(log.writes.size(), 11U) << "it is all there";
}

TEST(ImageTimes, OnlyWhatIsNewIsWritten) {
  CountingLog log;
  ImageTimes times(log, {{kOther, {7}}});
  times.note({kImage, {1'000}});
  ASSERT_TRUE(times.keep_all());
  ASSERT_EQ(log.writes.size(), 1U);
  EXPECT_THAT(log.writes[0], ElementsAre(ImageTime{kImage, {1'000}}));
}

TEST(ImageTimes, WhatTheStoreRefusesIsWrittenLater) {
  CountingLog log;
  ImageTimes times(log, {});
  times.note({kImage, {1'000}});
  log.fails = true;
  EXPECT_FALSE(times.keep({1'000}));
  log.fails = false;
  EXPECT_TRUE(times.keep({2'000}));
  EXPECT_THAT(log.writes, IsEmpty()) << "not before a minute is over";
  EXPECT_TRUE(times.keep({61'000}));
  ASSERT_EQ(log.writes.size(), 1U);
  EXPECT_THAT(log.writes[0], ElementsAre(ImageTime{kImage, {1'000}}));
}

TEST(ImageTimes, MayBeAskedBesideTheCommitThread) {
  storage::MemoryStore store;
  ImageTimes times(store, {});
  std::jthread commits([&times] {
    for (std::int64_t now = 1; now <= 5'000; ++now) {
      times.note({kImage, {now}});
      (void)times.keep({now * 100});
    }
  });
  WallTime last;
  for (int i = 0; i < 5'000; ++i) {
    const WallTime seen = times.last(kImage).value_or(WallTime());
    ASSERT_GE(seen, last);
    last = seen;
  }
}

}  // namespace
}  // namespace quotemill
