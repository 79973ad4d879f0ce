#include "engine/policy/toml_reader.h"

#include <gmock/gmock.h>

namespace quotemill {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TomlReader read(std::string_view text) {
  Result<TomlReader> reader = TomlReader::parse(text, "f.toml");
  EXPECT_TRUE(reader) << reader.error().to_string();
  return *std::move(reader);
}

TEST(TomlReader, GivesValuesOfEachType) {
  TomlReader in = read(R"(
[t]
text = "words"
yes = true
number = 42
time = "250ms"
pick = "b"
words = ["x", "y"]
numbers = [3, 1]
)");
  EXPECT_EQ(in.text("t.text", "d"), "words");
  EXPECT_TRUE(in.boolean("t.yes", false));
  EXPECT_EQ(in.integer("t.number", 1, 0, 100), 42);
  EXPECT_EQ(in.duration_ms("t.time", 1, 0, 1000), 250);
  EXPECT_EQ(in.choice("t.pick", 0, {"a", "b"}), 1U);
  EXPECT_THAT(in.texts("t.words", {}), ElementsAre("x", "y"));
  EXPECT_THAT(in.integers("t.numbers", {}, 0, 9), ElementsAre(3, 1));
  EXPECT_TRUE(in.finish());
}

TEST(TomlReader, GivesDefaultsForWhatIsAbsent) {
  TomlReader in = read("");
  EXPECT_EQ(in.text("t.text", "d"), "d");
  EXPECT_TRUE(in.boolean("t.yes", true));
  EXPECT_EQ(in.integer("t.number", 7, 0, 100), 7);
  EXPECT_EQ(in.duration_ms("t.time", 8, 0, 1000), 8);
  EXPECT_EQ(in.choice("t.pick", 1, {"a", "b"}), 1U);
  EXPECT_THAT(in.texts("t.words", {"z"}), ElementsAre("z"));
  EXPECT_THAT(in.integers("t.numbers", {5}, 0, 9), ElementsAre(5));
  EXPECT_FALSE(in.has("t.text"));
  EXPECT_TRUE(in.finish());
}

TEST(TomlReader, GivesDefaultsForWhatIsWrongAndReportsAllOfIt) {
  TomlReader in = read("[t]\na = 1\nb = \"x\"\nc = 200\nd = [1, \"2\"]\n");
  EXPECT_EQ(in.text("t.a", "d"), "d");
  EXPECT_FALSE(in.boolean("t.b", false));
  EXPECT_EQ(in.integer("t.c", 7, 0, 100), 7);
  EXPECT_THAT(in.integers("t.d", {5}, 0, 9), ElementsAre(5));
  const Result<void> done = in.finish();
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, ErrorCode::kConfig);
  EXPECT_EQ(done.error().detail,
            "f.toml:2:5: 't.a' must be a text in quotes\n"
            "f.toml:3:5: 't.b' must be true or false\n"
            "f.toml:4:5: 't.c' must be a whole number from 0 to 100\n"
            "f.toml:5:5: 't.d' must be a list of whole numbers from 0 to 9");
}

TEST(TomlReader, TakesMistakesOfItsCaller) {
  TomlReader in = read("[t]\na = 1\n");
  in.integer("t.a", 0, 0, 9);
  in.fail("t.a", "'t.a' must be even");
  in.fail("t.absent", "'t.absent' must be there");
  const std::string told = in.finish().error().detail;
  EXPECT_THAT(told, HasSubstr("f.toml:2:5: 't.a' must be even"));
  EXPECT_THAT(told, HasSubstr("'t.absent' must be there"));
}

TEST(TomlReader, EscapesWhatIsWrittenInTheFile) {
  TomlReader in = read("[t]\n\"\\u001b[31m\\n\" = 1\n");
  EXPECT_THAT(in.finish().error().detail, HasSubstr("'t.\\x1b[31m\\x0a'"));
}

TEST(ParseDuration, KnowsFiveUnits) {
  EXPECT_EQ(parse_duration_ms("0ms"), 0);
  EXPECT_EQ(parse_duration_ms("250ms"), 250);
  EXPECT_EQ(parse_duration_ms("60s"), 60'000);
  EXPECT_EQ(parse_duration_ms("5m"), 300'000);
  EXPECT_EQ(parse_duration_ms("2h"), 7'200'000);
  EXPECT_EQ(parse_duration_ms("1d"), 86'400'000);
}

TEST(ParseDuration, RefusesEverythingElse) {
  for (const char* const text :
       {"", "s", "5", "5 s", " 5s", "5s ", "5S", "5sec", "-5s", "+5s", "1.5s", "0x5s", "5ss",
        "9223372036854775808ms", "9223372036854775807s", "106751991168d"}) {
    EXPECT_FALSE(parse_duration_ms(text)) << text;
  }
  EXPECT_EQ(parse_duration_ms("106751991167d"), 106751991167LL * 86'400'000);
}

}  // namespace
}  // namespace quotemill
