#include "engine/base/text.h"

#include <array>

#include <gtest/gtest.h>

namespace quotemill {
namespace {

TEST(Text, EscapesAllButPrintableAscii) {
  EXPECT_EQ(escaped("plain text"), "plain text");
  EXPECT_EQ(escaped("a\\b"), "a\\\\b");
  EXPECT_EQ(escaped("\n\x1b[31m\x7f\xff"), "\\x0a\\x1b[31m\\x7f\\xff");
  EXPECT_EQ(escaped(std::string_view("\0", 1)), "\\x00");
}

TEST(Text, EscapingCutsLongText) {
  const std::string text = escaped(std::string(10'000, 'x'), 8);
  EXPECT_EQ(text, "xxxxxxxx...(10000 bytes)");
}

// CVE-2022-23949: a host id that forges lines of a log.
TEST(TextCve, Cve2022_23949_HostNamesCarryNothingHostile) {
  EXPECT_TRUE(is_host_name("web-1.example.org"));
  EXPECT_TRUE(is_host_name("a"));
  EXPECT_TRUE(is_host_name(std::string(64, 'a')));
  for (const char* const name :
       {"", ".", "..", ".hidden", "-option", "../etc/passwd", "a/b", "a b", "a\nb", "a\x1b[31m",
        "A", "a\"b", "a|b", "a=b", "a'b", "a<b>", "é", "\xff"}) {
    EXPECT_FALSE(is_host_name(name)) << name;
  }
  EXPECT_FALSE(is_host_name(std::string(65, 'a')));
  EXPECT_FALSE(is_host_name(std::string(10'000, 'a')));
  EXPECT_FALSE(is_host_name(std::string_view("a\0b", 3)));
}

TEST(Text, CountsEdits) {
  EXPECT_EQ(edit_distance("", ""), 0U);
  EXPECT_EQ(edit_distance("abc", ""), 3U);
  EXPECT_EQ(edit_distance("", "abc"), 3U);
  EXPECT_EQ(edit_distance("kitten", "sitting"), 3U);
  EXPECT_EQ(edit_distance("status", "status"), 0U);
}

TEST(Text, FindsTheWordThatWasMeant) {
  constexpr std::array<std::string_view, 3> kWords = {"status", "history", "enrol"};
  EXPECT_EQ(nearest("statsu", kWords), "status");
  EXPECT_EQ(nearest("enroll", kWords), "enrol");
  EXPECT_EQ(nearest("completely-different", kWords), "");
}

}  // namespace
}  // namespace quotemill
