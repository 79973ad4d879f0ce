#include "engine/policy/selector_text.h"

#include <gmock/gmock.h>

namespace quotemill {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(SelectorText, TermsAreLabelsNamesAndFacts) {
  const Result<HostSelector> selector = parse_selector(
      "env=prod,role=db-*,label:pci,web-*,name:db-01,os:debian,vendor:Dell*,model:R7?0,"
      "firmware:2.*");
  ASSERT_TRUE(selector) << selector.error().to_string();
  EXPECT_THAT(selector->labels,
              ElementsAre(LabelPattern{"env", "prod"}, LabelPattern{"role", "db-*"},
                          LabelPattern{"pci", "*"}));
  EXPECT_THAT(selector->names, ElementsAre("web-*", "db-01"));
  EXPECT_THAT(selector->os, ElementsAre("debian"));
  EXPECT_THAT(selector->vendor, ElementsAre("Dell*"));
  EXPECT_THAT(selector->model, ElementsAre("R7?0"));
  EXPECT_THAT(selector->firmware, ElementsAre("2.*"));
}

TEST(SelectorText, ALabelsValueMayHaveAColon) {
  EXPECT_EQ(parse_selector("rack=a:12")->labels.front().value, "a:12");
}

TEST(SelectorText, WhatIsNoTermIsNamed) {
  for (const char* text : {"", ",", "a,,b", "=prod", "env=", "rack:12", "os:"}) {
    const Result<HostSelector> selector = parse_selector(text);
    ASSERT_FALSE(selector) << text;
    EXPECT_EQ(selector.error().code, ErrorCode::kConfig);
  }
  EXPECT_THAT(parse_selector("env=prod,rack:12").error().to_string(), HasSubstr("'rack:12'"));
  EXPECT_FALSE(parse_selector(std::string(200, 'a')));
  std::string many = "a";
  for (int i = 0; i < 100; ++i) {
    many += ",a";
  }
  EXPECT_FALSE(parse_selector(many));
}

}  // namespace
}  // namespace quotemill
