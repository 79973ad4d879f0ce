#include "engine/base/byte_reader.h"

#include <gtest/gtest.h>

namespace quotemill {
namespace {

const Bytes kCounting = {0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08};

TEST(ByteReader, ReadsBigEndian) {
  EXPECT_EQ(ByteReader(kCounting).u8(), 0x01U);
  EXPECT_EQ(ByteReader(kCounting).u16_be(), 0x0102U);
  EXPECT_EQ(ByteReader(kCounting).u32_be(), 0x01020304U);
  EXPECT_EQ(ByteReader(kCounting).u64_be(), 0x0102030405060708U);
}

TEST(ByteReader, ReadsLittleEndian) {
  EXPECT_EQ(ByteReader(kCounting).u16_le(), 0x0201U);
  EXPECT_EQ(ByteReader(kCounting).u32_le(), 0x04030201U);
  EXPECT_EQ(ByteReader(kCounting).u64_le(), 0x0807060504030201U);
}

TEST(ByteReader, ReadsOneFieldAfterAnother) {
  ByteReader in(kCounting);
  EXPECT_EQ(in.u8(), 0x01U);
  EXPECT_EQ(in.u16_be(), 0x0203U);
  EXPECT_EQ(in.offset(), 3U);
  EXPECT_EQ(in.remaining(), 5U);
  EXPECT_EQ(to_hex(in.bytes(2)), "0405");
  EXPECT_EQ(to_hex(in.rest()), "060708");
  EXPECT_EQ(in.remaining(), 0U);
  EXPECT_TRUE(in.finish(0, "test"));
}

TEST(ByteReader, FailureIsStickyAndKnowsWhere) {
  ByteReader in(kCounting);
  in.u32_be();
  EXPECT_EQ(in.u64_be(), 0U);
  EXPECT_FALSE(in.ok());
  EXPECT_EQ(in.u8(), 0U);
  EXPECT_EQ(in.remaining(), 0U);
  EXPECT_TRUE(in.rest().empty());
  const Result<int> result = in.finish(7, "TEST");
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::kTruncated);
  EXPECT_EQ(result.error().offset, 4U);
  EXPECT_STREQ(result.error().context, "TEST");
}

TEST(ByteReader, TheFirstFailureStays) {
  ByteReader in(kCounting);
  in.fail(ErrorCode::kMalformed);
  in.bytes(100);
  in.fail(ErrorCode::kTooLarge);
  EXPECT_EQ(in.error("x").code, ErrorCode::kMalformed);
}

TEST(ByteReader, FinishRefusesTrailingBytes) {
  ByteReader in(kCounting);
  in.u32_be();
  const Result<int> result = in.finish(1, "TEST");
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::kTrailing);
  EXPECT_EQ(result.error().offset, 4U);
}

TEST(ByteReader, HugeLengthsDoNotWrap) {
  ByteReader in(kCounting);
  in.u8();
  EXPECT_TRUE(in.bytes(SIZE_MAX).empty());
  EXPECT_FALSE(in.ok());
}

TEST(ByteReader, SizedRunsStayInTheirBound) {
  const Bytes bytes = {0x00, 0x02, 0xAA, 0xBB};
  EXPECT_EQ(to_hex(ByteReader(bytes).sized16_be(2)), "aabb");
  ByteReader bounded(bytes);
  EXPECT_TRUE(bounded.sized16_be(1).empty());
  EXPECT_EQ(bounded.error("x").code, ErrorCode::kTooLarge);
  const Bytes little = {0x01, 0x00, 0xCC};
  EXPECT_EQ(to_hex(ByteReader(little).sized16_le(4)), "cc");
  const Bytes wide = {0x01, 0x00, 0x00, 0x00, 0xDD};
  EXPECT_EQ(to_hex(ByteReader(wide).sized32_le(4)), "dd");
  ByteReader too_wide(wide);
  EXPECT_TRUE(too_wide.sized32_le(0).empty());
  EXPECT_EQ(too_wide.error("x").code, ErrorCode::kTooLarge);
  ByteReader short_run(ByteView(bytes).first(3));
  EXPECT_TRUE(short_run.sized16_be(2).empty());
  EXPECT_EQ(short_run.error("x").code, ErrorCode::kTruncated);
}

TEST(ByteReader, CountsAboveTheirBoundAreZero) {
  const Bytes bytes = {0xFF, 0xFF, 0xFF, 0xFF};
  ByteReader be(bytes);
  EXPECT_EQ(be.count32_be(16), 0U);
  EXPECT_EQ(be.error("x").code, ErrorCode::kTooLarge);
  ByteReader le(bytes);
  EXPECT_EQ(le.count32_le(16), 0U);
  EXPECT_FALSE(le.ok());
  ByteReader le16(bytes);
  EXPECT_EQ(le16.count16_le(0xFFFE), 0U);
  EXPECT_FALSE(le16.ok());
  EXPECT_EQ(ByteReader(bytes).count16_le(0xFFFF), 0xFFFFU);
}

TEST(ByteReader, ASubReaderCannotPassItsParentsLength) {
  ByteReader in(kCounting);
  ByteReader child = in.sub(2);
  EXPECT_EQ(child.u32_be(), 0U);
  EXPECT_FALSE(child.ok());
  EXPECT_TRUE(in.ok());
  EXPECT_EQ(in.u8(), 0x03U);
}

TEST(ByteReader, ASubReaderOfMissingBytesStartsFailed) {
  ByteReader in(kCounting);
  const ByteReader child = in.sub(9);
  EXPECT_FALSE(child.ok());
  EXPECT_FALSE(in.ok());
}

TEST(ByteReader, ArraysAreZeroAfterAFailure) {
  ByteReader in(kCounting);
  EXPECT_EQ((in.array<4>()), (std::array<std::uint8_t, 4>{1, 2, 3, 4}));
  EXPECT_EQ((in.array<5>()), (std::array<std::uint8_t, 5>{}));
  EXPECT_FALSE(in.ok());
}

}  // namespace
}  // namespace quotemill
