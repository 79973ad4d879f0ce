#include "transport/wire/carry.h"

#include <gtest/gtest.h>

#include "transport/wire/limits.h"
#include "transport/wire/message.h"

namespace quotemill::transport {
namespace {

constexpr std::size_t kCountOffset = 10;  // of the envelope's items
constexpr std::size_t kSizeOffset = kEnvelopeSize + 32;

CurveKey key(std::uint8_t byte) {
  CurveKey key{};
  key.fill(byte);
  return key;
}

Bytes busy(std::uint64_t correlation) {
  return encode_message({Role::kHost, correlation, BusyMessage{1}});
}

Bytes carry_of(const std::vector<Bytes>& frames, Role sender = Role::kGateway) {
  std::vector<CarriedFrame> items;
  for (const Bytes& frame : frames) {
    items.push_back({key(static_cast<std::uint8_t>(items.size() + 1)), frame});
  }
  return seal_carry(sender, items);
}

ErrorCode refusal(const Bytes& message, Role sender = Role::kGateway) {
  const Result<std::vector<CarriedFrame>> items = open_carry(message, sender);
  return items ? ErrorCode::kInternal : items.error().code;
}

TEST(Carry, HasTheDocumentedLayout) {
  const Bytes frame(kEnvelopeSize, 0xAB);
  const Bytes message = carry_of({frame});
  EXPECT_EQ(to_hex(ByteView(message).subspan(7, 5)), "1802000100");  // CARRY, gateway, 1 item
  EXPECT_EQ(to_hex(ByteView(message).subspan(kEnvelopeSize, 36)), to_hex(key(1)) + "20000000");
  EXPECT_TRUE(equal(ByteView(message).subspan(kEnvelopeSize + 36), frame));
}

TEST(Carry, ReturnsTheFramesOfEveryHostInOrder) {
  std::vector<Bytes> frames;
  for (std::size_t i = 0; i < limits::kCarriedItemsMax; ++i) {
    frames.push_back(busy(i));
  }
  const Bytes message = carry_of(frames);
  const auto items = open_carry(message, Role::kGateway);
  ASSERT_TRUE(items) << items.error().to_string();
  ASSERT_EQ(items->size(), frames.size());
  for (std::size_t i = 0; i < frames.size(); ++i) {
    EXPECT_EQ((*items)[i].host, key(static_cast<std::uint8_t>(i + 1)));
    EXPECT_TRUE(equal((*items)[i].frame, frames[i]));
  }
}

TEST(Carry, HoldsTheLargestMessageOfAHost) {
  LogsMessage logs;
  logs.total_bytes = limits::kLogSegmentSizeMax;
  logs.segment = Bytes(limits::kLogSegmentSizeMax, 7);
  logs.proof = Bytes(32, 1);
  const Bytes frame = encode_message({Role::kHost, 1, logs});
  ASSERT_LE(frame.size() + kCarriedItemOverhead, kCarriedBytesMax);
  EXPECT_TRUE(open_carry(carry_of({frame}), Role::kGateway));
}

TEST(Carry, RefusesEveryTruncationAndATrailingByte) {
  Bytes message = carry_of({busy(1), busy(2)});
  for (std::size_t size = 0; size < message.size(); ++size) {
    const Bytes cut(message.begin(), message.begin() + static_cast<std::ptrdiff_t>(size));
    EXPECT_NE(refusal(cut), ErrorCode::kInternal) << size;
  }
  message.push_back(0);
  EXPECT_EQ(refusal(message), ErrorCode::kTrailing);
}

TEST(Carry, RefusesNoItemsAndTooMany) {
  Bytes message = carry_of({busy(1)});
  message[kCountOffset] = 0;
  EXPECT_EQ(refusal(message), ErrorCode::kMalformed);
  message[kCountOffset] = limits::kCarriedItemsMax + 1;
  EXPECT_EQ(refusal(message), ErrorCode::kMalformed);
  message[kCountOffset] = 2;  // more than there are
  EXPECT_EQ(refusal(message), ErrorCode::kTruncated);
}

TEST(Carry, RefusesASizeBeyondTheMessageAndOneBelowAFrame) {
  Bytes message = carry_of({busy(1)});
  Bytes longer = message;
  longer[kSizeOffset + 3] = 0x7F;
  EXPECT_NE(refusal(longer), ErrorCode::kInternal);
  message[kSizeOffset] = kEnvelopeSize - 1;
  EXPECT_EQ(refusal(message), ErrorCode::kMalformed);
}

TEST(Carry, IsOfTheSenderThatMaySendIt) {
  const Bytes up = carry_of({busy(1)}, Role::kGateway);
  const Bytes down = carry_of({busy(1)}, Role::kServer);
  EXPECT_EQ(refusal(up, Role::kServer), ErrorCode::kUnsupported);
  EXPECT_EQ(refusal(down, Role::kGateway), ErrorCode::kUnsupported);
  EXPECT_TRUE(open_carry(down, Role::kServer));
  EXPECT_EQ(refusal(busy(1)), ErrorCode::kUnsupported);
}

// What one host could send for another's frame to be read twice.
TEST(Carry, IsNoMessageOfAHost) {
  const Bytes nested = carry_of({carry_of({busy(1)})});
  const auto items = open_carry(nested, Role::kGateway);
  ASSERT_TRUE(items);
  const Result<Message> message = decode_message(items->front().frame);
  ASSERT_FALSE(message);
  EXPECT_EQ(message.error().code, ErrorCode::kUnsupported);
}

}  // namespace
}  // namespace quotemill::transport
