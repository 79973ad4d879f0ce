#include "engine/pipeline/stage_times.h"

#include <thread>
#include <vector>

#include <gtest/gtest.h>

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
  EXPECT_EQ(histogram.sum_us(), 30'000'202);
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
  EXPECT_EQ(histogram.sum_us(), 8'000'000);
}

}  // namespace
}  // namespace quotemill
