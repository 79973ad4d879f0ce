#include "transport/socket/rate_limiter.h"

#include <gtest/gtest.h>

namespace quotemill::transport {
namespace {

TEST(TokenBucket, AllowsItsBurstThenItsRate) {
  const Rate rate{2, 3};
  TokenBucket bucket;
  EXPECT_TRUE(bucket.allow(rate, 1'000'000));
  EXPECT_TRUE(bucket.allow(rate, 1'000'000));
  EXPECT_TRUE(bucket.allow(rate, 1'000'000));
  EXPECT_FALSE(bucket.allow(rate, 1'000'000));
  EXPECT_FALSE(bucket.allow(rate, 1'000'499));
  EXPECT_TRUE(bucket.allow(rate, 1'000'500));
  EXPECT_FALSE(bucket.allow(rate, 1'000'500));
}

TEST(TokenBucket, FillsNoFurtherThanItsBurst) {
  const Rate rate{10, 2};
  TokenBucket bucket;
  EXPECT_TRUE(bucket.allow(rate, 0));
  EXPECT_TRUE(bucket.allow(rate, 1'000'000));
  EXPECT_TRUE(bucket.allow(rate, 1'000'000));
  EXPECT_FALSE(bucket.allow(rate, 1'000'000));
}

TEST(TokenBucket, StandsAClockThatGoesBack) {
  const Rate rate{1, 1};
  TokenBucket bucket;
  EXPECT_TRUE(bucket.allow(rate, 10'000));
  EXPECT_FALSE(bucket.allow(rate, 5'000));
  EXPECT_TRUE(bucket.allow(rate, 12'000));
}

TEST(TokenBucket, WithoutARateAllowsEverything) {
  TokenBucket bucket;
  for (int i = 0; i < 100; ++i) {
    EXPECT_TRUE(bucket.allow(Rate{0, 1}, 0));
  }
}

TEST(RateLimiter, KeepsKeysApart) {
  RateLimiter limiter({1, 1}, 10);
  EXPECT_TRUE(limiter.allow("a", 0));
  EXPECT_FALSE(limiter.allow("a", 0));
  EXPECT_TRUE(limiter.allow("b", 0));
}

TEST(RateLimiter, MadeUpKeysDoNotPushOutThoseInUse) {
  RateLimiter limiter({1, 1}, 2);
  EXPECT_TRUE(limiter.allow("a", 0));
  EXPECT_TRUE(limiter.allow("b", 0));
  EXPECT_FALSE(limiter.allow("c", 0));
  EXPECT_EQ(limiter.size(), 2U);
  EXPECT_FALSE(limiter.allow("a", 100));
}

TEST(RateLimiter, ForgetsKeysThatAreAtRest) {
  RateLimiter limiter({1, 1}, 2);
  EXPECT_TRUE(limiter.allow("a", 0));
  EXPECT_TRUE(limiter.allow("b", 0));
  EXPECT_TRUE(limiter.allow("c", 5'000));
  EXPECT_EQ(limiter.size(), 1U);
}

}  // namespace
}  // namespace quotemill::transport
