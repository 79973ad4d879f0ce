#include "bench/simulator/histogram.h"

#include <gtest/gtest.h>

namespace quotemill::bench {
namespace {

TEST(Histogram, IsEmptyAtFirst) {
  const Histogram histogram;
  EXPECT_EQ(histogram.percentile(0.5), 0U);
  EXPECT_EQ(histogram.max(), 0U);
  EXPECT_TRUE(histogram.buckets().empty());
}

TEST(Histogram, PercentilesAreAtMostOneSixtyFourthTooHigh) {
  Histogram histogram;
  for (std::uint64_t value = 1; value <= 100'000; ++value) {
    histogram.add(value);
  }
  for (const auto& [share, exact] :
       {std::pair(0.001, 100U), {0.5, 50'000U}, {0.9, 90'000U}, {0.99, 99'000U}}) {
    EXPECT_GE(histogram.percentile(share), exact);
    EXPECT_LE(histogram.percentile(share), exact + exact / 64 + 1);
  }
  EXPECT_EQ(histogram.percentile(1), 100'000U);
  EXPECT_EQ(histogram.max(), 100'000U);
}

TEST(Histogram, TakesEveryValue) {
  Histogram histogram;
  for (unsigned bit = 0; bit < 64; ++bit) {
    histogram.add(std::uint64_t{1} << bit);
  }
  histogram.add(0);
  histogram.add(UINT64_MAX);
  EXPECT_EQ(histogram.count(), 66U);
  EXPECT_EQ(histogram.percentile(1), UINT64_MAX);
}

TEST(Histogram, MergesAsIfItHadSeenAll) {
  Histogram all;
  Histogram left;
  Histogram right;
  for (std::uint64_t value = 0; value < 5'000; ++value) {
    all.add(value * 7);
    (value % 2 == 0 ? left : right).add(value * 7);
  }
  left.merge(right);
  EXPECT_EQ(left.buckets(), all.buckets());
  EXPECT_EQ(left.max(), all.max());
}

}  // namespace
}  // namespace quotemill::bench
