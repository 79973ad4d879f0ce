#include "transport/server/gateway_links.h"

#include <gtest/gtest.h>

#include "transport/limits.h"
#include "transport/wire/limits.h"

namespace quotemill::transport {
namespace {

CurveKey key(std::uint8_t byte) {
  CurveKey key{};
  key.fill(byte);
  return key;
}

class GatewayLinksTest : public ::testing::Test {
 protected:
  std::vector<GatewayNumber> flush() {
    return links_.flush([this](const RouteId& route, ByteView message) {
      if (outcome_ == SendOutcome::kSent) {
        const auto items = open_carry(message, Role::kServer);
        EXPECT_TRUE(items);
        sent_.emplace_back(route, items ? items->size() : 0);
      }
      return outcome_;
    });
  }

  void put(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      EXPECT_TRUE(links_.put(0, key(9), Bytes(kEnvelopeSize)));
    }
  }

  [[nodiscard]] std::uint64_t dropped() const { return links_.counters(0).dropped.load(); }

  GatewayLinks links_{{{"rack-1", key(1), {"r1-*", "db-7"}}, {"rack-2", key(2), {"r2-?"}}}};
  SendOutcome outcome_ = SendOutcome::kSent;
  std::vector<std::pair<RouteId, std::size_t>> sent_;
};

TEST_F(GatewayLinksTest, KnowsGatewaysByTheirKeys) {
  EXPECT_EQ(links_.find(key(1)), 0U);
  EXPECT_EQ(links_.find(key(2)), 1U);
  EXPECT_FALSE(links_.find(key(3)));
  EXPECT_EQ(links_.name(1), "rack-2");
}

TEST_F(GatewayLinksTest, CarriesForListedHostsOnly) {
  EXPECT_TRUE(links_.may_carry(0, "r1-17"));
  EXPECT_TRUE(links_.may_carry(0, "db-7"));
  EXPECT_FALSE(links_.may_carry(0, "db-70"));
  EXPECT_FALSE(links_.may_carry(0, "r2-1"));
  EXPECT_TRUE(links_.may_carry(1, "r2-1"));
  EXPECT_EQ(links_.counters(0).refused.load(), 2U);
}

TEST_F(GatewayLinksTest, AnswersShareMessagesToTheNewestConnection) {
  links_.note_route(0, "old");
  links_.note_route(0, "new");
  put(limits::kCarriedItemsMax + 1);
  EXPECT_TRUE(flush().empty());
  EXPECT_EQ(sent_, (std::vector<std::pair<RouteId, std::size_t>>{{"new", limits::kCarriedItemsMax},
                                                                 {"new", 1}}));
  EXPECT_EQ(links_.counters(0).messages_out.load(), 2U);
  EXPECT_EQ(links_.counters(0).frames_out.load(), limits::kCarriedItemsMax + 1);
  EXPECT_FALSE(links_.is_waiting());
}

TEST_F(GatewayLinksTest, WhatAFullConnectionDoesNotTakeWaits) {
  links_.note_route(0, "route");
  put(3);
  outcome_ = SendOutcome::kFull;
  EXPECT_TRUE(flush().empty());
  EXPECT_TRUE(links_.is_waiting());
  outcome_ = SendOutcome::kSent;
  flush();
  EXPECT_EQ(sent_.size(), 1U);
  EXPECT_EQ(dropped(), 0U);
}

TEST_F(GatewayLinksTest, ALostConnectionIsToldAndWhatWaitedIsDropped) {
  links_.note_route(0, "route");
  put(3);
  outcome_ = SendOutcome::kUnreachable;
  EXPECT_EQ(flush(), std::vector<GatewayNumber>{0});
  EXPECT_EQ(dropped(), 3U);
  EXPECT_FALSE(links_.put(0, key(9), Bytes(kEnvelopeSize))) << "until it is back";
  links_.note_route(0, "again");
  put(1);
}

TEST_F(GatewayLinksTest, AGatewayThatDoesNotReadCostsBoundedMemory) {
  links_.note_route(0, "route");
  outcome_ = SendOutcome::kFull;
  put(limits::kGatewayQueueMax);
  EXPECT_FALSE(links_.put(0, key(9), Bytes(kEnvelopeSize)));
  EXPECT_EQ(dropped(), 1U);
  links_.note_route(1, "other");
  EXPECT_TRUE(links_.put(1, key(9), Bytes(kEnvelopeSize))) << "others are not hurt";
}

TEST_F(GatewayLinksTest, AReopenedSocketForgetsEveryConnection) {
  links_.note_route(0, "route");
  put(2);
  links_.forget_routes();
  EXPECT_FALSE(links_.is_waiting());
  EXPECT_FALSE(links_.put(0, key(9), Bytes(kEnvelopeSize)));
}

}  // namespace
}  // namespace quotemill::transport
