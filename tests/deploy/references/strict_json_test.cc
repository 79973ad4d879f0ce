#include "deploy/references/strict_json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace quotemill::references {
namespace {

using ::testing::HasSubstr;

std::string mistake(std::string_view text) {
  const Result<Json> json = parse_strict_json(text);
  return json ? "none" : json.error().detail;
}

TEST(StrictJson, ReadsWhatOthersRead) {
  constexpr std::string_view kText =
      R"({"a":[1,-2,3.5,true,null,"x"],"b":{"c":{},"d":[[]]},"e":"é"})";
  const Result<Json> json = parse_strict_json(kText);
  ASSERT_TRUE(json);
  EXPECT_EQ(*json, Json::parse(kText));
  EXPECT_EQ(*parse_strict_json("7"), 7);
}

TEST(StrictJson, NamesLineAndColumnOfWhatIsNoJson) {
  EXPECT_THAT(mistake("{\n  \"a\": 1,\n  \"b\" 2\n}"), HasSubstr("line 3, column 7"));
  EXPECT_THAT(mistake(""), HasSubstr("line 1, column 1"));
  EXPECT_THAT(mistake("{}x"), HasSubstr("line 1, column 3"));
  EXPECT_THAT(mistake("\"\xFF\""), HasSubstr("line 1, column 2"));
}

TEST(StrictJson, RefusesWhatIsThereTwiceAndNamesIt) {
  EXPECT_EQ(mistake(R"({"a":[{"x/y":1,"x/y":2}]})"), "/a/0/x~1y is there twice");
  EXPECT_EQ(mistake(R"({"a":1,"b":{"a":1}})"), "none");
}

TEST(StrictJson, RefusesWhatIsNestedTooDeep) {
  EXPECT_THAT(mistake(std::string(100'000, '[')), HasSubstr("too deep"));
  EXPECT_EQ(mistake("[[[[1]]]]"), "none");
}

}  // namespace
}  // namespace quotemill::references
