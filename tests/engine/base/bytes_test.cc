#include "engine/base/bytes.h"

#include <gtest/gtest.h>

namespace quotemill {
namespace {

TEST(Bytes, HexRoundTrips) {
  Bytes all(256);
  for (std::size_t i = 0; i < all.size(); ++i) {
    all[i] = static_cast<std::uint8_t>(i);
  }
  EXPECT_EQ(from_hex(to_hex(all)), all);
  EXPECT_EQ(to_hex({}), "");
  EXPECT_EQ(from_hex(""), Bytes{});
}

TEST(Bytes, HexAcceptsEitherCase) {
  EXPECT_EQ(from_hex("aBcD"), (Bytes{0xAB, 0xCD}));
}

TEST(Bytes, HexRefusesEverythingElse) {
  for (const char* const text : {"0", "abc", "0x00", " 00", "00 ", "g0", "0g", "00\n", "é"}) {
    EXPECT_FALSE(from_hex(text)) << text;
  }
  EXPECT_FALSE(from_hex(std::string_view("\0\0", 2)));
}

TEST(Bytes, HexCanBeReadIntoMemoryThatIsThere) {
  Bytes bytes(100, 1);
  ASSERT_TRUE(read_hex("0aFF", bytes));
  EXPECT_EQ(bytes, (Bytes{0x0A, 0xFF}));
  EXPECT_TRUE(read_hex("", bytes));
  EXPECT_TRUE(bytes.empty());
  EXPECT_FALSE(read_hex("0", bytes));
  EXPECT_FALSE(read_hex("0x", bytes));
}

TEST(Bytes, TextAndBytesAreTheSameMemory) {
  const std::string_view text = "abc";
  EXPECT_EQ(as_text(as_bytes(text)).data(), text.data());
  EXPECT_EQ(as_text(as_bytes(text)), text);
}

TEST(Bytes, EqualityComparesContents) {
  const Bytes left = {1, 2, 3};
  for (const auto same : {equal, equal_constant_time}) {
    EXPECT_TRUE(same(left, Bytes{1, 2, 3}));
    EXPECT_FALSE(same(left, Bytes{1, 2, 4}));
    EXPECT_FALSE(same(left, Bytes{0, 2, 3}));
    EXPECT_FALSE(same(left, Bytes{1, 2}));
    EXPECT_FALSE(same(left, {}));
    EXPECT_TRUE(same({}, {}));
  }
}

}  // namespace
}  // namespace quotemill
