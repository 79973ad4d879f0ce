#include "engine/base/byte_writer.h"

#include <gtest/gtest.h>

#include "engine/base/byte_reader.h"

namespace quotemill {
namespace {

TEST(ByteWriter, WritesBothOrders) {
  ByteWriter out;
  out.u8(0x01).u16_be(0x0203).u32_be(0x04050607).u64_be(0x08090A0B0C0D0E0F);
  EXPECT_EQ(to_hex(out.view()), "0102030405060708090a0b0c0d0e0f");
  ByteWriter little;
  little.u16_le(0x0201).u32_le(0x06050403).u64_le(0x0E0D0C0B0A090807);
  EXPECT_EQ(to_hex(little.view()), "0102030405060708090a0b0c0d0e");
}

TEST(ByteWriter, WritesRunsBehindTheirLength) {
  const Bytes run = {0xAA, 0xBB};
  EXPECT_EQ(to_hex(ByteWriter().sized16_be(run).view()), "0002aabb");
  EXPECT_EQ(to_hex(ByteWriter().sized16_le(run).view()), "0200aabb");
  EXPECT_EQ(to_hex(ByteWriter().sized32_le(run).view()), "02000000aabb");
  EXPECT_EQ(to_hex(ByteWriter().sized16_be({}).view()), "0000");
}

TEST(ByteWriter, TakeLeavesItEmpty) {
  ByteWriter out;
  out.u8(7);
  EXPECT_EQ(out.take(), Bytes{7});
  EXPECT_EQ(out.size(), 0U);
  out.u8(8);
  EXPECT_EQ(out.take(), Bytes{8});
}

TEST(ByteWriter, IsTheMirrorOfByteReader) {
  ByteWriter out;
  out.u8(1).u16_be(2).u32_be(3).u64_be(4).u16_le(5).u32_le(6).u64_le(7);
  out.sized16_be(as_bytes("a")).sized16_le(as_bytes("b")).sized32_le(as_bytes("c"));
  const Bytes bytes = out.take();
  ByteReader in(bytes);
  EXPECT_EQ(in.u8(), 1U);
  EXPECT_EQ(in.u16_be(), 2U);
  EXPECT_EQ(in.u32_be(), 3U);
  EXPECT_EQ(in.u64_be(), 4U);
  EXPECT_EQ(in.u16_le(), 5U);
  EXPECT_EQ(in.u32_le(), 6U);
  EXPECT_EQ(in.u64_le(), 7U);
  EXPECT_EQ(as_text(in.sized16_be(9)), "a");
  EXPECT_EQ(as_text(in.sized16_le(9)), "b");
  EXPECT_EQ(as_text(in.sized32_le(9)), "c");
  EXPECT_TRUE(in.finish(0, "mirror"));
}

}  // namespace
}  // namespace quotemill
