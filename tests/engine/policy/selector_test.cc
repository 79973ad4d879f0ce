#include "engine/policy/selector.h"

#include <gtest/gtest.h>

#include "engine/policy/policy.h"

namespace quotemill {
namespace {

const std::map<std::string, std::string> kLabels = {{"env", "prod"}, {"role", "db-main"}};

bool matches(const std::string& match, const HostFacts& facts = {}) {
  const Result<Policy> policy = parse_policy("[match]\n" + match, "p.toml");
  EXPECT_TRUE(policy) << (policy ? "" : policy.error().to_string());
  return policy && policy->selector.matches({"db-01.eu", kLabels, facts});
}

TEST(HostSelector, OfNothingMatchesEveryHost) {
  EXPECT_TRUE(matches(""));
}

TEST(HostSelector, AsksForAllLabels) {
  EXPECT_TRUE(matches("labels = [\"env=prod\"]"));
  EXPECT_TRUE(matches("labels = [\"env=prod\", \"role=db-*\"]"));
  EXPECT_TRUE(matches("labels = [\"role\"]")) << "any value";
  EXPECT_FALSE(matches("labels = [\"env=prod\", \"role=web-*\"]"));
  EXPECT_FALSE(matches("labels = [\"env=Prod\"]"));
  EXPECT_FALSE(matches("labels = [\"zone\"]"));
  EXPECT_FALSE(matches("labels = [\"env=\"]"));
}

TEST(HostSelector, AsksForOneOfTheNames) {
  EXPECT_TRUE(matches("names = [\"web-*\", \"db-*\"]"));
  EXPECT_FALSE(matches("names = [\"web-*\"]"));
  EXPECT_FALSE(matches("names = [\"db-*\"]\nlabels = [\"env=lab\"]"));
}

TEST(HostSelector, AsksForFacts) {
  HostFacts facts;
  facts.os_id = "debian";
  facts.vendor = "Dell Inc.";
  facts.model = "PowerEdge R750";
  EXPECT_TRUE(matches("os = [\"rhel\", \"debian\"]", facts));
  EXPECT_TRUE(matches("vendor = [\"Dell*\"]\nmodel = [\"PowerEdge R7?0\"]", facts));
  EXPECT_FALSE(matches("vendor = [\"HP*\"]", facts));
  facts.firmware = "2.19.1";
  EXPECT_TRUE(matches("firmware = [\"1.*\", \"2.19.*\"]", facts));
  EXPECT_FALSE(matches("firmware = [\"2.18.*\"]", facts));
  EXPECT_FALSE(matches("firmware = [\"2.*\"]", {})) << "a host that does not say it";
  EXPECT_FALSE(matches("os = [\"debian\"]", {}));
}

TEST(HostSelector, KnowsWhetherClaimsCount) {
  HostSelector selector;
  selector.names = {"a"};
  selector.labels = {{"env", "*"}};
  EXPECT_FALSE(selector.asks_for_facts());
  for (auto* const facts : {&selector.os, &selector.vendor, &selector.model, &selector.firmware}) {
    *facts = {"*"};
    EXPECT_TRUE(selector.asks_for_facts());
    facts->clear();
  }
}

TEST(HostSelector, MistakesAreNamedInTheirPlace) {
  for (const char* wrong :
       {"labels = [\"=x\"]", "labels = [\"a b\"]", "names = []", "os = [\"\"]", "osx = [\"a\"]"}) {
    const Result<Policy> policy = parse_policy(std::string("[match]\n") + wrong, "p.toml");
    ASSERT_FALSE(policy) << wrong;
    EXPECT_NE(policy.error().detail.find("p.toml:2:"), std::string::npos) << policy.error().detail;
  }
}

// What the patterns mean, said the slow way.
bool slowly(std::string_view pattern, std::string_view text) {
  if (pattern.empty()) {
    return text.empty();
  }
  if (pattern.front() == '*') {
    return slowly(pattern.substr(1), text) || (!text.empty() && slowly(pattern, text.substr(1)));
  }
  return !text.empty() && (pattern.front() == '?' || pattern.front() == text.front()) &&
         slowly(pattern.substr(1), text.substr(1));
}

TEST(Pattern, MeansTheSameAsSaidTheSlowWay) {
  std::vector<std::string> words = {""};
  for (std::size_t i = 0; i < words.size() && words[i].size() < 4; ++i) {
    for (const char c : {'a', 'b', '*', '?'}) {
      words.push_back(words[i] + c);
    }
  }
  for (const std::string& pattern : words) {
    for (const std::string& text : words) {
      ASSERT_EQ(matches_pattern(pattern, text), slowly(pattern, text)) << pattern << ' ' << text;
    }
  }
}

TEST(Pattern, OfManyStarsEndsSoon) {
  std::string pattern;
  for (int i = 0; i < 60; ++i) {
    pattern += "*a";
  }
  EXPECT_FALSE(matches_pattern(pattern + "b", std::string(128, 'a')));
}

}  // namespace
}  // namespace quotemill
