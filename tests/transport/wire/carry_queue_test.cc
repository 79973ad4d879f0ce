#include "transport/wire/carry_queue.h"

#include <gtest/gtest.h>

#include "transport/wire/limits.h"

namespace quotemill::transport {
namespace {

CurveKey key(std::uint8_t byte) {
  CurveKey key{};
  key.fill(byte);
  return key;
}

Bytes frame(std::size_t size = kEnvelopeSize, std::uint8_t fill = 1) {
  return Bytes(size, fill);
}

std::size_t items_in(const Bytes& message) {
  const auto items = open_carry(message, Role::kServer);
  EXPECT_TRUE(items);
  return items ? items->size() : 0;
}

TEST(CarryQueue, SharesAMessageAmongAsManyAsOneMayHold) {
  CarryQueue queue(Role::kServer, 100, 1'000'000);
  for (std::size_t i = 0; i < limits::kCarriedItemsMax + 3; ++i) {
    EXPECT_EQ(queue.fills_message(), i >= limits::kCarriedItemsMax);
    EXPECT_TRUE(queue.push(key(static_cast<std::uint8_t>(i)), frame()));
  }
  EXPECT_EQ(items_in(queue.message()), limits::kCarriedItemsMax);
  EXPECT_EQ(queue.pop(), limits::kCarriedItemsMax);
  EXPECT_EQ(items_in(queue.message()), 3U);
  EXPECT_EQ(queue.pop(), 3U);
  EXPECT_TRUE(queue.is_empty());
}

TEST(CarryQueue, KeepsTheOrderOfArrival) {
  CarryQueue queue(Role::kServer, 100, 1'000'000);
  queue.push(key(1), frame(40, 1));
  queue.push(key(2), frame(50, 2));
  const auto items = open_carry(queue.message(), Role::kServer);
  ASSERT_TRUE(items && items->size() == 2);
  EXPECT_EQ(items->front().host, key(1));
  EXPECT_TRUE(equal(items->back().frame, frame(50, 2)));
}

TEST(CarryQueue, AMessageThatWasNotSentStaysTheSame) {
  CarryQueue queue(Role::kServer, 100, 1'000'000);
  queue.push(key(1), frame());
  const Bytes first = queue.message();
  queue.push(key(2), frame());
  EXPECT_EQ(queue.message(), first);
  EXPECT_EQ(queue.pop(), 1U);
  EXPECT_EQ(queue.size(), 1U);
}

TEST(CarryQueue, LargeFramesTravelAlone) {
  CarryQueue queue(Role::kServer, 100, 10 * kCarriedBytesMax);
  const std::size_t large = kCarriedBytesMax - kCarriedItemOverhead;
  EXPECT_TRUE(queue.push(key(1), frame(large)));
  EXPECT_TRUE(queue.push(key(2), frame(large)));
  EXPECT_EQ(items_in(queue.message()), 1U);
  EXPECT_FALSE(queue.push(key(3), frame(large + 1))) << "fits no message";
}

TEST(CarryQueue, IsBoundedInFramesAndInBytes) {
  CarryQueue few(Role::kServer, 2, 1'000'000);
  EXPECT_TRUE(few.push(key(1), frame()));
  EXPECT_TRUE(few.push(key(1), frame()));
  EXPECT_FALSE(few.push(key(1), frame()));
  CarryQueue small(Role::kServer, 100, 2 * (kEnvelopeSize + kCarriedItemOverhead));
  EXPECT_TRUE(small.push(key(1), frame()));
  EXPECT_FALSE(small.push(key(1), frame(kEnvelopeSize + 1)));
  EXPECT_TRUE(small.push(key(1), frame()));
  EXPECT_EQ(small.clear(), 2U);
  EXPECT_TRUE(small.push(key(1), frame())) << "room again";
}

}  // namespace
}  // namespace quotemill::transport
