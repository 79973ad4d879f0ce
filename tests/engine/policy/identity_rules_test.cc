#include "engine/policy/identity_rules.h"

#include <gmock/gmock.h>

#include "engine/policy/policy.h"

namespace quotemill {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

Policy policy_of(std::string_view toml) {
  const Result<Policy> policy = parse_policy(toml, "p.toml");
  EXPECT_TRUE(policy) << (policy ? "" : policy.error().to_string());
  return policy ? *policy : default_policy();
}

std::string mistake(std::string_view toml) {
  const Result<Policy> policy = parse_policy(toml, "p.toml");
  return policy ? "" : policy.error().detail;
}

TEST(IdentityRules, AskForNothingUnlessToldTo) {
  const IdentityRules rules = default_policy().identity;
  EXPECT_EQ(rules.ek_uncertified, RuleAction::kOff);
  EXPECT_THAT(rules.ak_keys, IsEmpty());
  EXPECT_EQ(rules.ak_key, RuleAction::kFail);
}

TEST(IdentityRules, AreRead) {
  const IdentityRules rules =
      policy_of(
          "[identity]\nek_uncertified = \"warn\"\nak_keys = [\"rsa3072\", \"ecc_p384\"]\n"
          "ak_key = \"info\"\n")
          .identity;
  EXPECT_EQ(rules.ek_uncertified, RuleAction::kWarn);
  EXPECT_THAT(rules.ak_keys, ElementsAre("rsa3072", "ecc_p384"));
  EXPECT_EQ(rules.ak_key, RuleAction::kInfo);
}

TEST(IdentityRules, EachMakesAnotherPolicy) {
  const Digest none = default_policy().content;
  const Digest keys = policy_of("[identity]\nak_keys = [\"rsa2048\"]\n").content;
  EXPECT_NE(policy_of("[identity]\nek_uncertified = \"info\"\n").content, none);
  EXPECT_NE(keys, none);
  EXPECT_NE(policy_of("[identity]\nak_keys = [\"rsa3072\"]\n").content, keys);
  EXPECT_NE(policy_of("[identity]\nak_keys = [\"rsa2048\"]\nak_key = \"warn\"\n").content, keys);
}

TEST(IdentityRules, MistakesAreNamedInTheirPlace) {
  EXPECT_THAT(mistake("[identity]\nak_keys = [\"rsa1024\"]\n"),
              HasSubstr("p.toml:2:11: 'identity.ak_keys': 'rsa1024' must be one of 'rsa2048'"));
  EXPECT_THAT(mistake("[identity]\nak_keys = []\n"), HasSubstr("p.toml:2:11: 'identity.ak_keys'"));
  EXPECT_THAT(
      mistake("[identity]\nak_keyss = [\"rsa2048\"]\n"),
      HasSubstr("2:1: unknown setting 'identity.ak_keyss'; did you mean 'identity.ak_keys'?"));
}

}  // namespace
}  // namespace quotemill
