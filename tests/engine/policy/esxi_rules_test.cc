#include "engine/policy/esxi_rules.h"

#include <gmock/gmock.h>

#include "engine/policy/policy.h"
#include "engine/policy/policy_remarks.h"
#include "engine/policy/snapshot.h"
#include "engine/policy/strictness.h"

namespace quotemill {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr const char* kAuthorities =
    "authorities = [\"0000000000000000000000000000000000000000000000000000000000000000\"]";
constexpr const char* kLoaders =
    "loaders = [\"0000000000000000000000000000000000000000000000000000000000000000\"]";
constexpr const char* kQuote = "[quote]\npcrs = [0, 7, 11, 12, 13, 14]\n";

std::string mistakes(const std::string& esxi, const std::string& quote = kQuote) {
  const Result<Policy> policy = parse_policy(quote + "[esxi]\n" + esxi, "p.toml");
  return policy ? "none" : policy.error().to_string();
}

Policy policy_of(const std::string& esxi) {
  const Result<Policy> policy = parse_policy(kQuote + ("[esxi]\n" + esxi), "p.toml");
  EXPECT_TRUE(policy) << (policy ? "" : policy.error().to_string());
  return policy ? *policy : default_policy();
}

TEST(EsxiRules, AreOffUnlessTheFileSaysWhatAnImageMeans) {
  const Result<Policy> policy = parse_policy(kQuote, "p.toml");
  ASSERT_TRUE(policy);
  EXPECT_FALSE(policy->esxi.is_on);
  EXPECT_EQ(Snapshot::compile(*policy, {})->images(), nullptr);
  EXPECT_TRUE(policy_of("image = \"fail\"").esxi.is_on);
  EXPECT_THAT(
      mistakes("modules = \"warn\""),
      HasSubstr("p.toml:4:11: 'esxi.modules' needs 'esxi.image' (off, info, warn or fail)"));
}

TEST(EsxiRules, AreReadAsTheyAreWritten) {
  const EsxiRules rules =
      policy_of(
          "image = \"warn\"\nimages = [\"esxi-8u3\"]\nmin_version = \"8.0.3-24280767\"\n"
          "max_version = \"8.0.9\"\ndeny_vibs = [\"i40en 1.2.2\", \"oem\"]\n"
          "min_acceptance = \"partner\"\nhost_modules = [\"state.tgz\", \"onetime.tgz\"]\n"
          "cmdline_deny = [\"debug.*\"]\nasset_tags = [\"rack-17\"]\nsecure_boot = \"warn\"")
          .esxi;
  EXPECT_EQ(rules.image, RuleAction::kWarn);
  EXPECT_EQ(rules.images, std::vector<std::string>{"esxi-8u3"});
  EXPECT_EQ(rules.min_version, (EsxiVersion{"8.0.3", "24280767"}));
  EXPECT_EQ(rules.max_version, (EsxiVersion{"8.0.9", ""}));
  EXPECT_EQ(rules.deny_vibs, (std::vector<DeniedVib>{{"i40en", "1.2.2"}, {"oem", ""}}));
  EXPECT_EQ(rules.min_acceptance, AcceptanceLevel::kPartner);
  EXPECT_EQ(rules.host_modules.size(), 2U);
  EXPECT_TRUE(rules.cmdline_denied.may_match("debugLogToSerial=1"));
  EXPECT_EQ(rules.secure_boot, RuleAction::kWarn);
  EXPECT_EQ(rules.modules, RuleAction::kFail);  // by default
}

TEST(EsxiRules, TellEachMistakeWithItsPlaceAndWhatIsAllowed) {
  const std::string on = "image = \"fail\"\n";
  EXPECT_THAT(mistakes("image = \"red\""), HasSubstr("p.toml:4:9"));
  EXPECT_THAT(mistakes("image = \"red\""), HasSubstr("fail"));
  EXPECT_THAT(mistakes(on + "min_version = \"new\""),
              HasSubstr("p.toml:5:15: 'esxi.min_version' is no version: \"8.0.3\""));
  EXPECT_THAT(mistakes(on + "min_version = \"8.0.3-beta\""), HasSubstr("is no version"));
  EXPECT_THAT(mistakes(on + "min_version = \"9\"\nmax_version = \"8\""), HasSubstr("below"));
  EXPECT_THAT(mistakes(on + "deny_vibs = [\"a b c\"]"), HasSubstr("neither"));
  EXPECT_THAT(mistakes(on + "deny_vibs = []"), HasSubstr("is empty"));
  EXPECT_THAT(mistakes(on + "min_acceptance = \"good\""), HasSubstr("certified"));
  EXPECT_THAT(mistakes(on + "signers = [\"12\"]"), HasSubstr("64 hexadecimal digits"));
  EXPECT_THAT(mistakes(on + "images = [\"Not A Name\"]"), HasSubstr("[a-z0-9._-]"));
  EXPECT_THAT(mistakes(on + "cmdline_allow = [\"(\"]"), HasSubstr("'esxi.cmdline_allow'"));
  EXPECT_THAT(mistakes(on + "imags = [\"a\"]"), HasSubstr("did you mean 'esxi.image"));
  EXPECT_THAT(
      mistakes(on + "host_modules = [\"1\",\"2\",\"3\",\"4\",\"5\",\"6\",\"7\",\"8\",\"9\"]"),
      HasSubstr("more than 8"));
}

TEST(EsxiRules, NeedAQuoteThatProvesModules) {
  const std::string on = "image = \"fail\"\n";
  EXPECT_THAT(mistakes(on, "[quote]\npcrs = [0, 7, 11, 12, 13]\n"), HasSubstr("PCR 11 to 14"));
  EXPECT_EQ(mistakes(on, "[quote]\npcrs = [0, 7, 17, 18, 19, 20, 21]\n"), "none");
  EXPECT_THAT(mistakes(on + "secure_boot = \"fail\"", "[quote]\npcrs = [11, 12, 13, 14]\n"),
              HasSubstr("needs PCR 7"));
  EXPECT_THAT(mistakes(on + kAuthorities, "[quote]\npcrs = [4, 11, 12, 13, 14]\n"),
              HasSubstr("'esxi.authorities' needs PCR 7"));
  EXPECT_THAT(mistakes(on + kLoaders), HasSubstr("'esxi.loaders' needs PCR 4"));
  EXPECT_EQ(mistakes(on + kLoaders, "[quote]\npcrs = [4, 11, 12, 13, 14]\n"), "none");
  EXPECT_EQ(mistakes(on + kLoaders, "[quote]\npcrs = [17, 18, 19, 20, 21]\n"), "none");
}

// Modules are known by their SHA-256: by another bank every one of a fleet would be unknown.
TEST(EsxiRules, NeedTheBankThatImagesAreKnownBy) {
  const std::string pcrs = "pcrs = [11, 12, 13, 14]\n";
  EXPECT_THAT(mistakes("image = \"fail\"\n", "[quote]\nbank = \"sha384\"\n" + pcrs),
              HasSubstr("p.toml:2:8: 'quote.bank' must be \"sha256\""));
  EXPECT_THAT(mistakes("image = \"fail\"\n", "[quote]\nbank = \"sha512\"\n" + pcrs),
              HasSubstr("'quote.bank' must be"));
}

TEST(EsxiRules, MakeAnotherPolicyByEachOfThem) {
  const std::string on = "image = \"fail\"\n";
  const Digest plain = policy_of(on).content;
  for (const char* const rule : {"images = [\"a\"]",
                                 "modules = \"warn\"",
                                 "extra = \"warn\"",
                                 "renamed = \"fail\"",
                                 "database = \"warn\"",
                                 "host_modules = []",
                                 "min_version = \"8\"",
                                 "max_version = \"8\"",
                                 "version = \"warn\"",
                                 "deny_vibs = [\"a\"]",
                                 "min_acceptance = \"partner\"",
                                 "vibs = \"warn\"",
                                 "exec_installed_only = \"warn\"",
                                 "secure_boot = \"warn\"",
                                 "signer = \"warn\"",
                                 kAuthorities,
                                 "authority = \"warn\"",
                                 "loader = \"warn\"",
                                 "loader_unpinned = \"fail\"",
                                 "cmdline_allow = [\"a\"]",
                                 "cmdline_deny = [\"a\"]",
                                 "cmdline = \"warn\"",
                                 "asset_tags = [\"a\"]",
                                 "asset_tag = \"warn\""}) {
    EXPECT_NE(policy_of(on + rule).content, plain) << rule;
  }
}

TEST(EsxiRules, AreComparedInStrictness) {
  const Policy strict = policy_of("image = \"fail\"\nimages = [\"a\"]\nmin_version = \"8.0.3\"");
  EXPECT_THAT(laxer_settings(strict, strict), IsEmpty());
  EXPECT_THAT(laxer_settings(*parse_policy(kQuote, "p"), strict), Contains("esxi.image"));
  EXPECT_THAT(laxer_settings(policy_of("image = \"warn\"\nimages = [\"a\"]"), strict),
              Contains("esxi.image"));
  EXPECT_THAT(laxer_settings(policy_of("image = \"fail\""), strict), Contains("esxi.images"));
  EXPECT_THAT(laxer_settings(
                  policy_of("image = \"fail\"\nimages = [\"a\"]\nmin_version = \"8.0.2\""), strict),
              Contains("esxi.min_version"));
  EXPECT_THAT(laxer_settings(strict, *parse_policy(kQuote, "p")), IsEmpty());
}

// None listed is a list, too: of VMware's own.
TEST(EsxiRules, AListOfSignersIsLaxerThanNone) {
  const std::string on = "image = \"fail\"\n";
  const std::string one = "signers = [\"" + Digest().hex() + "\"]\n";
  EXPECT_THAT(laxer_settings(policy_of(on + one), policy_of(on)), Contains("esxi.signers"));
  EXPECT_THAT(laxer_settings(policy_of(on), policy_of(on + one)), Contains("esxi.signers"));
  EXPECT_THAT(laxer_settings(policy_of(on + one), policy_of(on + one)), IsEmpty());
}

TEST(EsxiRules, AreRemarkedOnIfNothingSaysWhatMayStartAHost) {
  const std::string quote = "[quote]\npcrs = [0, 4, 7, 11, 12, 13, 14]\n";
  const auto remarks = [&](const std::string& rest) {
    const Result<Policy> policy = parse_policy(quote + rest, "p");
    EXPECT_TRUE(policy) << (policy ? "" : policy.error().to_string());
    return policy ? remarks_of(*policy) : std::vector<std::string>();
  };
  const std::string on = "[esxi]\nimage = \"fail\"\n";
  EXPECT_THAT(remarks(""), IsEmpty());
  EXPECT_THAT(remarks("[boot]\ncompare = [0, 7]\n" + on), Contains(HasSubstr("'esxi.loaders'")));
  EXPECT_THAT(remarks("[boot]\ncompare = [0, 4]\n" + on), IsEmpty());
  EXPECT_THAT(remarks("[boot]\ncompare = [0, 4]\nmismatch = \"info\"\n" + on),
              Contains(HasSubstr("'esxi.loaders'")));
  EXPECT_THAT(remarks("[boot]\ncompare = [0, 7]\n" + on + kLoaders), IsEmpty());
}

TEST(EsxiRules, WhatMayStartAHostIsComparedInStrictness) {
  const std::string on = "image = \"fail\"\n";
  const Policy strict = policy_of(on + kAuthorities);
  EXPECT_THAT(laxer_settings(policy_of(on), strict), Contains("esxi.authorities"));
  EXPECT_THAT(laxer_settings(strict, policy_of(on)), IsEmpty());
  EXPECT_THAT(laxer_settings(policy_of(on + "loader_unpinned = \"off\""), policy_of(on)),
              Contains("esxi.loader_unpinned"));
}

std::shared_ptr<const Baseline> image_baseline(const std::string& name, bool is_approved,
                                               bool is_retired = false) {
  BaseImage image;
  image.name = "profile of " + name;
  image.vibs = {{"esx-base", "8.0.3-0.35.24280767", "VMware", AcceptanceLevel::kCertified, {}}};
  auto baseline = std::make_shared<Baseline>();
  baseline->name = name;
  baseline->file = ImportedFile{Digest(), 1, "esxi-image", "f", "alice", 0};
  baseline->image = std::make_shared<const BaseImage>(image);
  baseline->approved.ms = is_approved ? 1 : 0;
  baseline->retired.ms = is_retired ? 2 : 0;
  return baseline;
}

TEST(EsxiRules, CountApprovedImagesThatAreNotRetired) {
  const std::vector<std::shared_ptr<const Baseline>> all = {
      image_baseline("a", true), image_baseline("b", false), image_baseline("c", true, true),
      image_baseline("d", true)};
  const auto approved = [&](const std::string& rules) {
    std::string names;
    const auto snapshot = Snapshot::compile(policy_of(rules), all);
    for (const KnownImage& image : snapshot->images()->images()) {
      names += image.is_approved ? image.image->name.back() : '-';
    }
    return names;
  };
  EXPECT_EQ(approved("image = \"fail\""), "a--d");
  EXPECT_EQ(approved("image = \"fail\"\nimages = [\"d\", \"b\"]"), "---d");
}

TEST(EsxiRules, AnApprovalIsAnotherSnapshot) {
  const Policy policy = policy_of("image = \"fail\"");
  EXPECT_NE(Snapshot::compile(policy, {image_baseline("a", true)})->id(),
            Snapshot::compile(policy, {image_baseline("a", false)})->id());
}

}  // namespace
}  // namespace quotemill
