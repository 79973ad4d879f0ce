#include "engine/appraise/appraise_esxi.h"

#include <gmock/gmock.h>

#include "tests/engine/appraise/esxi_appraisal.h"

namespace quotemill {
namespace {

using testing::AppraiseEsxi;
using testing::baseline_as;
using testing::Boot;
using ::testing::Contains;
using testing::digest_of;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::image_802;
using testing::image_803;
using ::testing::IsEmpty;
using testing::kEsxiPcrs;
using testing::kImageRule;
using ::testing::Not;

TEST_F(AppraiseEsxi, FindsNothingBadInAnApprovedImageAndNamesIt) {
  const Findings findings = appraise(
      "image = \"fail\"\nexec_installed_only = \"fail\"\nmin_version = \"8.0.3\"\n"
      "max_version = \"8.0.3-24280767\"\nmin_acceptance = \"certified\"\n"
      "cmdline_allow = [\"runweasel\", \"bootUUID=.*\"]");
  ASSERT_EQ(findings.size(), 1U) << message_of(findings.back());
  EXPECT_EQ(findings[0].code, FindingCode::kEsxiImage);
  EXPECT_EQ(findings[0].severity, Severity::kInfo);
  EXPECT_EQ(findings[0].expected, digest_of("file of esxi-8u3"));
  EXPECT_EQ(message_of(findings[0]),
            "the host booted image ESXi-8.0U3-24280767-standard, 8.0.3 build 24280767");
}

TEST_F(AppraiseEsxi, SaysNothingWithoutRules) {
  const auto snapshot = Snapshot::compile(default_policy(), baselines_);
  EXPECT_THAT(appraise_esxi(boot_, secure_boot_, 0, *snapshot, nullptr), IsEmpty());
}

TEST_F(AppraiseEsxi, BelievesNothingOfWhatIsNotProven) {
  EXPECT_THAT(blame(kImageRule, kEsxiPcrs & ~(1U << 13U)),
              ElementsAre(HasSubstr("no quote proves the PCRs")));
  boot_.problem_count = 1;
  EXPECT_THAT(blame(kImageRule), ElementsAre(HasSubstr("nothing of it is believed")));
  boot_.problems = {EsxiProblem{.kind = EsxiProblemKind::kGrammar}};
  EXPECT_THAT(blame(kImageRule), ElementsAre(HasSubstr("nothing of it is believed")));
  boot_.problems = {EsxiProblem{.kind = EsxiProblemKind::kTagUnknown}};
  EXPECT_THAT(blame(kImageRule), IsEmpty()) << "it has a finding of its own (esxi_log_findings)";
  boot_.problems.clear();
  boot_.problem_count = 0;
  boot_.layout = EsxiLayout::kNone;
  EXPECT_THAT(blame(kImageRule), ElementsAre(HasSubstr("is none of ESXi")));
  // As severe as the strictest rule, whatever the image is worth by itself.
  EXPECT_EQ(worst_of(appraise("image = \"off\"")), Severity::kFail);
}

TEST_F(AppraiseEsxi, FailsAnImageThatNobodyApproved) {
  set(Boot(image_802()));
  boot_.versions[0].version = "8.0.2-22380479";
  EXPECT_THAT(blame(kImageRule), ElementsAre(HasSubstr("nobody approved image ESXi-8.0U2")));
  baselines_.pop_back();
  EXPECT_THAT(blame(kImageRule), Contains(HasSubstr("no module is of a known image")));
  baselines_.clear();
  EXPECT_THAT(blame(kImageRule), Contains(HasSubstr("there is no approved image")));
}

TEST_F(AppraiseEsxi, CountsOnlyTheImagesThatThePolicyNames) {
  EXPECT_THAT(blame("image = \"fail\"\nimages = [\"other\"]"),
              Contains(HasSubstr("nobody approved image")));
  EXPECT_THAT(blame("image = \"fail\"\nimages = [\"esxi-8u3\"]"), IsEmpty());
}

TEST_F(AppraiseEsxi, NamesTheChangedModuleWithItsPlace) {
  set(Boot(image_803()).change("vmx.v00", digest_of("evil")));
  const Findings findings = appraise(kImageRule);
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].code, FindingCode::kEsxiModuleChanged);
  EXPECT_EQ(findings[0].severity, Severity::kFail);
  EXPECT_EQ(findings[0].pcr, 13U);
  EXPECT_EQ(findings[0].event, 42U);
  EXPECT_EQ(findings[0].digest, digest_of("evil"));
  EXPECT_THAT(message_of(findings[0]),
              HasSubstr("module vmx.v00 has digest sha256:" + digest_of("evil").hex() +
                        "; image ESXi-8.0U3-24280767-standard has esx-base 8.0.3-0.35.24280767"));
}

TEST_F(AppraiseEsxi, FailsEachWayInWhichModulesDiffer) {
  set(Boot(image_803()).insert("evil.v00", digest_of("evil")));
  EXPECT_THAT(blame(kImageRule), ElementsAre(HasSubstr("esxi.module.unknown")));
  set(Boot(image_803()).remove("i40en.v00"));
  EXPECT_THAT(blame(kImageRule), ElementsAre(HasSubstr("esxi.module.missing")));
  set(Boot(image_803()).change("vmx.v00", image_802().vibs[0].payloads[2].digest));
  EXPECT_THAT(blame(kImageRule), ElementsAre(HasSubstr("esxi.image.mixed")));
  set(Boot(image_803()).change("jumpstrt.gz", digest_of("evil")));
  EXPECT_THAT(blame(kImageRule), ElementsAre(HasSubstr("esxi.options")));
  set(Boot(image_803()).change("imgdb.tgz", digest_of("altered")));
  EXPECT_THAT(blame(kImageRule), ElementsAre(HasSubstr("esxi.database")));
  set(Boot(image_803()).rename("vmx.v00", "other.v00"));
  const Findings renamed = appraise(kImageRule);
  EXPECT_EQ(worst_of(renamed), Severity::kWarning);
  set(Boot(image_803()).add("state.tgz", digest_of("evil")));
  EXPECT_THAT(blame(kImageRule), Contains(HasSubstr("esxi.module.unknown")));
  EXPECT_THAT(blame("image = \"fail\"\nmodules = \"off\"\ndatabase = \"off\""), IsEmpty());
}

TEST_F(AppraiseEsxi, AsksThatExtraVibsAreApproved) {
  BaseImage addon;
  addon.name = "oem";
  addon.vibs = {testing::vib_of("oem-tool", "5", {"oem.v00"})};
  addon.vibs[0].acceptance = AcceptanceLevel::kCommunity;
  set(Boot(image_803()).insert("oem.v00", addon.vibs[0].payloads[0].digest));
  baselines_.push_back(baseline_as(addon, "oem", false));
  EXPECT_THAT(blame(kImageRule), ElementsAre(HasSubstr("esxi.module.extra")));
  baselines_.back() = baseline_as(addon, "oem", true);
  EXPECT_THAT(blame(kImageRule), IsEmpty());
  EXPECT_THAT(blame("image = \"fail\"\nmin_acceptance = \"partner\""),
              ElementsAre(HasSubstr("level of VIB oem-tool 5 is community; the policy asks "
                                    "for partner")));
  EXPECT_THAT(blame("image = \"fail\"\ndeny_vibs = [\"oem-tool 5\"]"),
              ElementsAre(HasSubstr("denies VIB oem-tool 5")));
  EXPECT_THAT(blame("image = \"fail\"\ndeny_vibs = [\"oem-tool\"]"),
              ElementsAre(HasSubstr("denies VIB oem-tool")));
  EXPECT_THAT(blame("image = \"fail\"\ndeny_vibs = [\"oem-tool 4\"]"), IsEmpty());
}

TEST_F(AppraiseEsxi, HoldsTheVersionAgainstItsRangeAndItsSources) {
  EXPECT_THAT(blame("image = \"fail\"\nmin_version = \"8.0.3-24280768\""),
              ElementsAre(HasSubstr("ESXi 8.0.3 build 24280767; the policy asks for at least 8.0.3 "
                                    "build 24280768")));
  EXPECT_THAT(blame("image = \"fail\"\nmax_version = \"8.0.2\""),
              ElementsAre(HasSubstr("at most 8.0.2")));
  EXPECT_THAT(blame("image = \"fail\"\nmax_version = \"8.0.3\""), IsEmpty());
  boot_.versions[0].version = "9.0.0-1";
  EXPECT_THAT(blame(kImageRule),
              ElementsAre(HasSubstr("the boot loader's record tells 9.0.0 build 1")));
  boot_.versions[0].version = "8.0.3-24280767";
  boot_.versions.push_back(boot_.versions[0]);
  EXPECT_THAT(blame(kImageRule), IsEmpty());
  boot_.versions[1].version = "8.0.2-1";
  EXPECT_THAT(blame(kImageRule),
              ElementsAre(HasSubstr("records tell '8.0.3-24280767' and '8.0.2-1'")));
  boot_.versions.pop_back();
  boot_.system_version = "9.1.0";
  EXPECT_THAT(blame(kImageRule), ElementsAre(HasSubstr("the kernel tells 9.1.0")));
}

// A module that is shown as a record has room only where the boot loader wrote none.
TEST_F(AppraiseEsxi, AsksForTheRecordsThatTheReleaseHasAndForNoOther) {
  boot_.versions.push_back({"vmkernel", "VMware ESXi", "8.0.3-24280767", "/k.b00", 0, 1, 5});
  EXPECT_THAT(blame(kImageRule), IsEmpty());
  boot_.versions.erase(boot_.versions.begin());
  EXPECT_THAT(blame(kImageRule),
              ElementsAre(HasSubstr("no record of b by the boot loader, and ESXi "
                                    "8.0.3 build 24280767 has one")));
  boot_.versions.clear();
  EXPECT_THAT(blame(kImageRule), ElementsAre(HasSubstr("no record of b")));
  const BaseImage older =
      testing::image_of("ESXi-7.0U3-19193900-standard", "7.0.3-0.35.19193900", "1.0");
  baselines_ = {baseline_as(older, "esxi-7u3", true)};
  set(Boot(older));
  EXPECT_THAT(blame(kImageRule), IsEmpty());
  boot_.versions = {{"vmkboot", "VMware ESXi", "7.0.3-19193900", "/b.b00", 0, 1, 3}};
  EXPECT_THAT(blame(kImageRule),
              ElementsAre(HasSubstr("there is a record of b by the boot loader, and "
                                    "ESXi 7.0.3 build 19193900 has none")));
}

TEST_F(AppraiseEsxi, KnowsNoReleaseWithoutEsxBase) {
  BaseImage image = image_803();
  image.vibs[0].name = "oem-base";
  baselines_.push_back(baseline_as(image, "oem", true));
  baselines_.erase(baselines_.begin());
  set(Boot(image));
  EXPECT_THAT(blame(kImageRule), Not(IsEmpty()));
}

TEST_F(AppraiseEsxi, JudgesWhatIsInstalledAndNotBootedByTheHostsDatabase) {
  BaseImage image = image_803();
  image.vibs.push_back(testing::vib_of("tools-light", "12.3", {}));
  image.vibs.back().acceptance = AcceptanceLevel::kCommunity;
  baselines_[0] = baseline_as(image, "esxi-8u3", true);
  EXPECT_THAT(blame(kImageRule), IsEmpty());
  EXPECT_THAT(blame("image = \"fail\"\ndeny_vibs = [\"tools-light\"]"),
              ElementsAre(HasSubstr("denies VIB tools-light 12.3")));
  EXPECT_THAT(blame("image = \"fail\"\ndeny_vibs = [\"tools-light 12.2\"]"), IsEmpty());
  EXPECT_THAT(blame("image = \"fail\"\nmin_acceptance = \"partner\""),
              ElementsAre(HasSubstr("VIB tools-light 12.3 is community")));
}

TEST_F(AppraiseEsxi, AsksForTheHostsImageDatabase) {
  set(Boot(image_803()).remove("imgdb.tgz"));
  EXPECT_THAT(blame(kImageRule),
              ElementsAre(HasSubstr("no image database (imgdb.tgz) was booted")));
  EXPECT_THAT(blame("image = \"fail\"\ndatabase = \"off\""), IsEmpty());
}

TEST_F(AppraiseEsxi, HoldsTheCommandLineAgainstItsRulesAndTellsNoValue) {
  boot_.command_line = "/b.b00 runweasel  encryptionRecoveryKey=SECRET-123";
  const std::vector<std::string> found = blame("image = \"fail\"\ncmdline_allow = [\"runweasel\"]");
  EXPECT_THAT(found, ElementsAre(HasSubstr("option 'encryptionRecoveryKey', which the policy does "
                                           "not allow")));
  EXPECT_THAT(found, Not(Contains(HasSubstr("SECRET"))));
  EXPECT_THAT(blame("image = \"fail\"\ncmdline_deny = [\"encryption.*\"]"),
              ElementsAre(HasSubstr("which the policy denies")));
  boot_.command_line.reset();
  EXPECT_THAT(blame("image = \"fail\"\ncmdline_deny = [\"x\"]"),
              ElementsAre(HasSubstr("esxi.cmdline")));
  EXPECT_THAT(blame(kImageRule), IsEmpty());
}

TEST_F(AppraiseEsxi, HoldsExecInstalledOnlyAndTheAssetTagAgainstTheirRules) {
  const std::string exec = "image = \"fail\"\nexec_installed_only = \"warn\"";
  boot_.exec_installed_only = false;
  EXPECT_THAT(blame(exec), ElementsAre(HasSubstr("execInstalledOnly is off")));
  boot_.exec_installed_only.reset();
  EXPECT_THAT(blame(exec), ElementsAre(HasSubstr("execInstalledOnly is not told")));
  EXPECT_THAT(blame(kImageRule), IsEmpty());
  const std::string tags = "image = \"fail\"\nasset_tags = [\"rack-17\"]";
  EXPECT_THAT(blame(tags), ElementsAre(HasSubstr("the asset tag is not set")));
  const Bytes tag = to_bytes(as_bytes("rack-17"));
  boot_.asset_tag = tag;
  EXPECT_THAT(blame(tags), IsEmpty());
  const Bytes other = to_bytes(as_bytes("rack\x1b"));
  boot_.asset_tag = other;
  EXPECT_THAT(blame(tags), ElementsAre(HasSubstr("the asset tag is 'rack\\x1b'")));
}

TEST_F(AppraiseEsxi, BoundsWhatItTellsOfAWrongImage) {
  Boot boot(image_803());
  for (int i = 0; i < 40; ++i) {
    boot.insert("m" + std::to_string(i), digest_of(std::to_string(i)));
  }
  set(boot);
  const std::vector<std::string> found = blame(kImageRule);
  EXPECT_EQ(found.size(), 17U);
  EXPECT_THAT(found.back(), HasSubstr("and 24 more such modules"));
}

}  // namespace
}  // namespace quotemill
