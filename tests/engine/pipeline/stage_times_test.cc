#include "engine/pipeline/stage_times.h"

#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "engine/base/limits.h"

namespace quotemill {
namespace {

using std::chrono::microseconds;

TEST(DurationHistogram, CountsByUpperBoundsThatAreInclusive) {
  DurationHistogram histogram;
  histogram.observe(microseconds(0));
  histogram.observe(microseconds(100));
  histogram.observe(microseconds(101));
  histogram.observe(microseconds(30'000'001));
  EXPECT_EQ(histogram.count(0), 2U);
  EXPECT_EQ(histogram.count(1), 1U);
  EXPECT_EQ(histogram.count(DurationHistogram::kBounds.size()), 1U);
  EXPECT_EQ(histogram.sum(), 30'000'202);
}

TEST(BatchSizeHistogram, HasABucketForTheLargestBatch) {
  BatchSizeHistogram sizes;
  sizes.observe(1);
  sizes.observe(3);
  sizes.observe(static_cast<std::int64_t>(limits::kBatchItemsMax));
  EXPECT_EQ(sizes.count(0), 1U);
  EXPECT_EQ(sizes.count(2), 1U);
  EXPECT_EQ(sizes.count(BatchSizeHistogram::kBounds.size() - 1), 1U);
  EXPECT_EQ(sizes.total(), 3U);
}

TEST(DurationHistogram, LosesNothingOfManyThreads) {
  DurationHistogram histogram;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&histogram] {
      for (int n = 0; n < 10'000; ++n) {
        histogram.observe(microseconds(200));
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  EXPECT_EQ(histogram.count(1), 40'000U);
  EXPECT_EQ(histogram.sum(), 8'000'000);
}

}  // namespace
}  // namespace quotemill
