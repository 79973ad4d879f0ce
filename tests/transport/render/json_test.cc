#include "transport/render/json.h"

#include <gtest/gtest.h>

namespace quotemill::transport {
namespace {

TEST(Json, WritesTimesAsIso8601InUtc) {
  EXPECT_EQ(iso_time({1'795'471'200'123}), "2026-11-23T22:00:00.123Z");
  EXPECT_EQ(iso_time({951'782'400'000}), "2000-02-29T00:00:00.000Z");
  EXPECT_TRUE(iso_time({0}).is_null());
  EXPECT_EQ(iso_time({INT64_MAX}), "9999-12-31T23:59:59.999Z");
}

TEST(Json, WritesBootIdsAsTheKernelDoes) {
  BootId id{};
  EXPECT_TRUE(uuid_text(id).is_null());
  for (std::size_t i = 0; i < id.size(); ++i) {
    id[i] = static_cast<std::uint8_t>(i);
  }
  EXPECT_EQ(uuid_text(id), "00010203-0405-0607-0809-0a0b0c0d0e0f");
}

TEST(Json, WritesOneAsciiLineWhateverIsInIt) {
  const Json value = {{"name", "a\nb\x1b[31m\xff\xc3\xa9"}};
  const std::string line = to_line(value);
  for (const char c : line) {
    EXPECT_TRUE(c >= 0x20 && c < 0x7F) << line;
  }
  EXPECT_TRUE(parse_json(line));
}

TEST(Json, KeepsTheOrderOfKeys) {
  EXPECT_EQ(to_line({{"z", 1}, {"a", nullptr}}), R"({"z":1,"a":null})");
}

TEST(Json, RefusesWhatIsNoJsonOrTooDeep) {
  EXPECT_FALSE(parse_json("{"));
  EXPECT_FALSE(parse_json("\"\xff\""));
  EXPECT_FALSE(parse_json(""));
  EXPECT_FALSE(parse_json(std::string(60'000, '[')));
  EXPECT_FALSE(parse_json(std::string(20, '[') + std::string(20, ']')));
  EXPECT_TRUE(parse_json("[[[1]]]"));
}

}  // namespace
}  // namespace quotemill::transport
