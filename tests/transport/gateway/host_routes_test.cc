#include "transport/gateway/host_routes.h"

#include <gtest/gtest.h>

#include "transport/limits.h"

namespace quotemill::transport {
namespace {

CurveKey key(std::uint32_t number) {
  CurveKey key{};
  for (std::size_t i = 0; i < sizeof number; ++i) {
    key.at(i) = static_cast<std::uint8_t>(number >> (8 * i));
  }
  return key;
}

TEST(HostRoutes, AnswersGoToTheNewestConnectionOfAHost) {
  HostRoutes routes;
  EXPECT_TRUE(routes.note(key(1), "first", 0));
  EXPECT_TRUE(routes.note(key(1), "second", 1));
  EXPECT_TRUE(routes.note(key(2), "other", 1));
  EXPECT_EQ(*routes.find(key(1)), "second");
  EXPECT_EQ(*routes.find(key(2)), "other");
  routes.forget(key(1));
  EXPECT_EQ(routes.find(key(1)), nullptr);
  EXPECT_EQ(routes.size(), 1U);
}

TEST(HostRoutes, AKeyThatTheServerDeniedIsKeptOutForAWhile) {
  HostRoutes routes;
  EXPECT_TRUE(routes.note(key(1), "route", 0));
  routes.deny(key(1), 1'000);
  EXPECT_EQ(routes.find(key(1)), nullptr);
  EXPECT_TRUE(routes.is_denied(key(1), 1'000 + kGatewayDeniedMs - 1));
  EXPECT_FALSE(routes.note(key(1), "route", 2'000));
  EXPECT_FALSE(routes.is_denied(key(1), 1'000 + kGatewayDeniedMs));
  EXPECT_TRUE(routes.note(key(1), "route", 1'000 + kGatewayDeniedMs));
}

TEST(HostRoutes, MadeUpKeysCostBoundedMemoryAndPushOutNoHost) {
  HostRoutes routes;
  for (std::uint32_t i = 0; i < limits::kGatewayHostsMax; ++i) {
    ASSERT_TRUE(routes.note(key(i), "route", 5'000));
  }
  EXPECT_FALSE(routes.note(key(limits::kGatewayHostsMax), "route", 6'000));
  EXPECT_EQ(routes.size(), limits::kGatewayHostsMax);
  EXPECT_TRUE(routes.note(key(0), "again", 6'000)) << "who is there stays";
  const std::int64_t later = 5'001 + kGatewayIdleMs;
  EXPECT_TRUE(routes.note(key(limits::kGatewayHostsMax), "route", later)) << "idle ones go";
  EXPECT_EQ(routes.size(), 2U);
  for (std::uint32_t i = 0; i <= limits::kGatewayDeniedMax; ++i) {
    routes.deny(key(i), 7'000);
  }
  EXPECT_FALSE(routes.is_denied(key(limits::kGatewayDeniedMax), 7'000));
  routes.deny(key(limits::kGatewayDeniedMax), 7'000 + kGatewayDeniedMs);
  EXPECT_TRUE(routes.is_denied(key(limits::kGatewayDeniedMax), 7'000 + kGatewayDeniedMs))
      << "room again";
}

}  // namespace
}  // namespace quotemill::transport
