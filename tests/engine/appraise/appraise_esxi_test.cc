#include "engine/appraise/appraise_esxi.h"

#include <gmock/gmock.h>

#include "tests/engine/esxi/image/sample_images.h"

namespace quotemill {
namespace {

using ::testing::AllOf;
using testing::Boot;
using ::testing::Contains;
using testing::digest_of;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::image_802;
using testing::image_803;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr std::uint32_t kPcrs = 1U << 11U | 1U << 12U | 1U << 13U | 1U << 14U;
constexpr const char* kOn = "image = \"fail\"\n";

std::shared_ptr<const Baseline> baseline_of(const BaseImage& image, const std::string& name,
                                            bool is_approved) {
  auto baseline = std::make_shared<Baseline>();
  baseline->name = name;
  baseline->file = ImportedFile{digest_of("file of " + name), 1, "esxi-image", "f", "alice", 0};
  baseline->image = std::make_shared<const BaseImage>(image);
  baseline->approved.ms = is_approved ? 1 : 0;
  return baseline;
}

// A host that attests well under every rule of these tests.
class AppraiseEsxi : public ::testing::Test {
 protected:
  AppraiseEsxi() {
    boot_.layout = EsxiLayout::kLoader;
    boot_.pcrs = kPcrs;
    boot_.versions = {{"vmkboot", "VMware ESXi", "8.0.3-24280767", "/b.b00", 0, 1, 3}};
    boot_.signers = {{{}, digest_of("official"), EsxiSignerRole::kOfficial, "vmware_esx67", 9}};
    boot_.authorities = {{{}, digest_of("mboot authority"), 5}};
    boot_.loaders = {{digest_of("mboot"), 7, 4}};
    boot_.command_line = "/b.b00 runweasel bootUUID=17";
    boot_.exec_installed_only = true;
    secure_boot_.enabled = true;
    secure_boot_.ground.standing = Standing::kProven;
    set(Boot(image_803()));
  }

  void set(const Boot& boot) {
    modules_of_ = boot;
    boot_.modules.clear();
    for (const MeasuredModule& module : modules_of_.modules()) {
      boot_.modules.push_back({module.name, module.digest, module.event,
                               module.is_options ? 14U : 13U, module.is_options});
    }
  }

  // With the host's own loader listed.
  Findings appraise(const std::string& rules, std::uint32_t proven = 0xFFFFFF) {
    return appraise_under("[esxi]\nloaders = [\"" + digest_of("mboot").hex() + "\"]\n" + rules,
                          proven);
  }

  // `rest`: of the policy's file.
  Findings appraise_under(const std::string& rest, std::uint32_t proven = 0xFFFFFF) {
    const Result<Policy> policy =
        parse_policy("[quote]\npcrs = [0, 4, 7, 11, 12, 13, 14]\n" + rest, "p.toml");
    EXPECT_TRUE(policy) << (policy ? "" : policy.error().to_string());
    const auto snapshot = Snapshot::compile(policy ? *policy : default_policy(), baselines_);
    return appraise_esxi(boot_, secure_boot_, proven, *snapshot, nullptr);
  }

  // What is worse than information.
  std::vector<std::string> blame(const std::string& rules, std::uint32_t proven = 0xFFFFFF) {
    return words_of(appraise(rules, proven));
  }

  static std::vector<std::string> words_of(const Findings& findings) {
    std::vector<std::string> out;
    for (const Finding& finding : findings) {
      if (finding.severity != Severity::kInfo) {
        out.push_back(std::string(name_of(finding.code)) + ": " + message_of(finding));
      }
    }
    return out;
  }

  Boot modules_of_{image_803()};
  EsxiBoot boot_;
  SecureBootClaim secure_boot_;
  std::vector<std::shared_ptr<const Baseline>> baselines_ = {
      baseline_of(image_803(), "esxi-8u3", true), baseline_of(image_802(), "esxi-8u2", false)};
};

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
  EXPECT_THAT(blame(kOn, kPcrs & ~(1U << 13U)), ElementsAre(HasSubstr("no quote proves the PCRs")));
  boot_.problem_count = 1;
  EXPECT_THAT(blame(kOn), ElementsAre(HasSubstr("nothing of it is believed")));
  boot_.problems = {EsxiProblem{.kind = EsxiProblemKind::kGrammar}};
  EXPECT_THAT(blame(kOn), ElementsAre(HasSubstr("nothing of it is believed")));
  boot_.problems = {EsxiProblem{.kind = EsxiProblemKind::kTagUnknown}};
  EXPECT_THAT(blame(kOn), IsEmpty()) << "it has a finding of its own (esxi_log_findings)";
  boot_.problems.clear();
  boot_.problem_count = 0;
  boot_.layout = EsxiLayout::kNone;
  EXPECT_THAT(blame(kOn), ElementsAre(HasSubstr("is none of ESXi")));
  // As severe as the strictest rule, whatever the image is worth by itself.
  EXPECT_EQ(worst_of(appraise("image = \"off\"")), Severity::kFail);
}

TEST_F(AppraiseEsxi, FailsAnImageThatNobodyApproved) {
  set(Boot(image_802()));
  boot_.versions[0].version = "8.0.2-22380479";
  EXPECT_THAT(blame(kOn), ElementsAre(HasSubstr("nobody approved image ESXi-8.0U2")));
  baselines_.pop_back();
  EXPECT_THAT(blame(kOn), Contains(HasSubstr("no module is of a known image")));
  baselines_.clear();
  EXPECT_THAT(blame(kOn), Contains(HasSubstr("there is no approved image")));
}

TEST_F(AppraiseEsxi, CountsOnlyTheImagesThatThePolicyNames) {
  EXPECT_THAT(blame("image = \"fail\"\nimages = [\"other\"]"),
              Contains(HasSubstr("nobody approved image")));
  EXPECT_THAT(blame("image = \"fail\"\nimages = [\"esxi-8u3\"]"), IsEmpty());
}

TEST_F(AppraiseEsxi, NamesTheChangedModuleWithItsPlace) {
  set(Boot(image_803()).change("vmx.v00", digest_of("evil")));
  const Findings findings = appraise(kOn);
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
  EXPECT_THAT(blame(kOn), ElementsAre(HasSubstr("esxi.module.unknown")));
  set(Boot(image_803()).remove("i40en.v00"));
  EXPECT_THAT(blame(kOn), ElementsAre(HasSubstr("esxi.module.missing")));
  set(Boot(image_803()).change("vmx.v00", image_802().vibs[0].payloads[2].digest));
  EXPECT_THAT(blame(kOn), ElementsAre(HasSubstr("esxi.image.mixed")));
  set(Boot(image_803()).change("jumpstrt.gz", digest_of("evil")));
  EXPECT_THAT(blame(kOn), ElementsAre(HasSubstr("esxi.options")));
  set(Boot(image_803()).change("imgdb.tgz", digest_of("altered")));
  EXPECT_THAT(blame(kOn), ElementsAre(HasSubstr("esxi.database")));
  set(Boot(image_803()).rename("vmx.v00", "other.v00"));
  const Findings renamed = appraise(kOn);
  EXPECT_EQ(worst_of(renamed), Severity::kWarning);
  set(Boot(image_803()).add("state.tgz", digest_of("evil")));
  EXPECT_THAT(blame(kOn), Contains(HasSubstr("esxi.module.unknown")));
  EXPECT_THAT(blame("image = \"fail\"\nmodules = \"off\"\ndatabase = \"off\""), IsEmpty());
}

TEST_F(AppraiseEsxi, AsksThatExtraVibsAreApproved) {
  BaseImage addon;
  addon.name = "oem";
  addon.vibs = {testing::vib_of("oem-tool", "5", {"oem.v00"})};
  addon.vibs[0].acceptance = AcceptanceLevel::kCommunity;
  set(Boot(image_803()).insert("oem.v00", addon.vibs[0].payloads[0].digest));
  baselines_.push_back(baseline_of(addon, "oem", false));
  EXPECT_THAT(blame(kOn), ElementsAre(HasSubstr("esxi.module.extra")));
  baselines_.back() = baseline_of(addon, "oem", true);
  EXPECT_THAT(blame(kOn), IsEmpty());
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
  EXPECT_THAT(blame(kOn), ElementsAre(HasSubstr("the boot loader's record tells 9.0.0 build 1")));
  boot_.versions[0].version = "8.0.3-24280767";
  boot_.versions.push_back(boot_.versions[0]);
  EXPECT_THAT(blame(kOn), IsEmpty());
  boot_.versions[1].version = "8.0.2-1";
  EXPECT_THAT(blame(kOn), ElementsAre(HasSubstr("records tell '8.0.3-24280767' and '8.0.2-1'")));
  boot_.versions.pop_back();
  boot_.system_version = "9.1.0";
  EXPECT_THAT(blame(kOn), ElementsAre(HasSubstr("the kernel tells 9.1.0")));
}

// A module that is shown as a record has room only where the boot loader wrote none.
TEST_F(AppraiseEsxi, AsksForTheRecordsThatTheReleaseHasAndForNoOther) {
  boot_.versions.push_back({"vmkernel", "VMware ESXi", "8.0.3-24280767", "/k.b00", 0, 1, 5});
  EXPECT_THAT(blame(kOn), IsEmpty());
  boot_.versions.erase(boot_.versions.begin());
  EXPECT_THAT(blame(kOn), ElementsAre(HasSubstr("no record of b by the boot loader, and ESXi "
                                                "8.0.3 build 24280767 has one")));
  boot_.versions.clear();
  EXPECT_THAT(blame(kOn), ElementsAre(HasSubstr("no record of b")));
  const BaseImage older =
      testing::image_of("ESXi-7.0U3-19193900-standard", "7.0.3-0.35.19193900", "1.0");
  baselines_ = {baseline_of(older, "esxi-7u3", true)};
  set(Boot(older));
  EXPECT_THAT(blame(kOn), IsEmpty());
  boot_.versions = {{"vmkboot", "VMware ESXi", "7.0.3-19193900", "/b.b00", 0, 1, 3}};
  EXPECT_THAT(blame(kOn), ElementsAre(HasSubstr("there is a record of b by the boot loader, and "
                                                "ESXi 7.0.3 build 19193900 has none")));
}

TEST_F(AppraiseEsxi, KnowsNoReleaseWithoutEsxBase) {
  BaseImage image = image_803();
  image.vibs[0].name = "oem-base";
  baselines_.push_back(baseline_of(image, "oem", true));
  baselines_.erase(baselines_.begin());
  set(Boot(image));
  EXPECT_THAT(blame(kOn), Not(IsEmpty()));
}

TEST_F(AppraiseEsxi, JudgesWhatIsInstalledAndNotBootedByTheHostsDatabase) {
  BaseImage image = image_803();
  image.vibs.push_back(testing::vib_of("tools-light", "12.3", {}));
  image.vibs.back().acceptance = AcceptanceLevel::kCommunity;
  baselines_[0] = baseline_of(image, "esxi-8u3", true);
  EXPECT_THAT(blame(kOn), IsEmpty());
  EXPECT_THAT(blame("image = \"fail\"\ndeny_vibs = [\"tools-light\"]"),
              ElementsAre(HasSubstr("denies VIB tools-light 12.3")));
  EXPECT_THAT(blame("image = \"fail\"\ndeny_vibs = [\"tools-light 12.2\"]"), IsEmpty());
  EXPECT_THAT(blame("image = \"fail\"\nmin_acceptance = \"partner\""),
              ElementsAre(HasSubstr("VIB tools-light 12.3 is community")));
}

TEST_F(AppraiseEsxi, AsksForTheHostsImageDatabase) {
  set(Boot(image_803()).remove("imgdb.tgz"));
  EXPECT_THAT(blame(kOn), ElementsAre(HasSubstr("no image database (imgdb.tgz) was booted")));
  EXPECT_THAT(blame("image = \"fail\"\ndatabase = \"off\""), IsEmpty());
}

TEST_F(AppraiseEsxi, AsksForSecureBootWithAnAuthorityForTheBootLoader) {
  secure_boot_.enabled = false;
  EXPECT_THAT(blame(kOn), ElementsAre(HasSubstr("Secure Boot is off")));
  secure_boot_.enabled = true;
  secure_boot_.ground.standing = Standing::kUnproven;
  secure_boot_.ground.because = "two separators";
  EXPECT_THAT(blame(kOn), ElementsAre(HasSubstr("not proven: two separators")));
  secure_boot_.ground.standing = Standing::kProven;
  boot_.authorities.clear();
  EXPECT_THAT(blame(kOn), ElementsAre(HasSubstr("no authority let the boot loader run")));
  EXPECT_THAT(blame("image = \"fail\"\nsecure_boot = \"off\""), IsEmpty());
}

// Any content of an options file can stand in the log as a signer.
TEST_F(AppraiseEsxi, TakesNoSignerThatNobodyKnowsEvenIfThePolicyListsNone) {
  boot_.signers.push_back({{}, digest_of("options"), EsxiSignerRole::kUnknown, "", 10});
  EXPECT_THAT(blame(kOn), ElementsAre(AllOf(HasSubstr("PCR 14, event 10"),
                                            HasSubstr(digest_of("options").hex()),
                                            HasSubstr("which nobody knows"))));
  EXPECT_EQ(worst_of(appraise(kOn)), Severity::kFail);
  EXPECT_THAT(blame("image = \"fail\"\nsigners = [\"" + digest_of("options").hex() + "\", \"" +
                    digest_of("official").hex() + "\"]"),
              IsEmpty());
}

TEST_F(AppraiseEsxi, AsksForASignerOfEveryBootThatMbootMeasures) {
  boot_.signers.clear();
  EXPECT_THAT(blame(kOn), ElementsAre(HasSubstr("signers of modules: none was measured")));
}

TEST_F(AppraiseEsxi, HoldsWhatStartedTheHostAgainstTheListOfLoaders) {
  EXPECT_THAT(blame(kOn), IsEmpty());
  boot_.loaders.push_back({digest_of("grub"), 8, 4});
  EXPECT_THAT(blame(kOn),
              ElementsAre(AllOf(HasSubstr("PCR 4, event 8"), HasSubstr(digest_of("grub").hex()),
                                HasSubstr("which the policy does not list"))));
  EXPECT_EQ(worst_of(appraise(kOn)), Severity::kFail);
  boot_.loaders.clear();
  EXPECT_THAT(blame(kOn), ElementsAre(HasSubstr("nothing was measured")));
  EXPECT_THAT(blame(kOn, 0xFFFFFFU & ~(1U << 4U)), ElementsAre(HasSubstr("no quote proves")));
}

TEST_F(AppraiseEsxi, IsNeverSilentWhereNothingSaysWhatMayStartTheHost) {
  const std::string esxi = "[esxi]\nimage = \"fail\"\n";
  const auto unpinned =
      ElementsAre(HasSubstr("esxi.loader.unpinned: nothing says what may start ESXi"));
  EXPECT_THAT(words_of(appraise_under(esxi)), unpinned);
  EXPECT_EQ(worst_of(appraise_under(esxi)), Severity::kWarning);
  EXPECT_THAT(words_of(appraise_under(esxi + "loader_unpinned = \"off\"\n")), IsEmpty());
  // A baseline that is not there compares nothing.
  const std::string boot = "[boot]\nbaselines = [\"firmware\"]\ncompare = [0, 4]\n";
  EXPECT_THAT(words_of(appraise_under(boot + esxi)), unpinned);
  auto golden = std::make_shared<Baseline>();
  golden->name = "firmware";
  golden->events = {{7, 4, 1, {digest_of("mboot")}, "mboot"}};
  baselines_.push_back(golden);
  EXPECT_THAT(words_of(appraise_under(boot + esxi)), IsEmpty());
  EXPECT_THAT(words_of(appraise_under(boot + "mismatch = \"info\"\n" + esxi)), unpinned);
  EXPECT_THAT(
      words_of(appraise_under("[boot]\nbaselines = [\"firmware\"]\ncompare = [0]\n" + esxi)),
      unpinned);
  const std::string sets = "[boot]\nbaselines = []\nreferences = [\"loaders\"]\n";
  EXPECT_THAT(words_of(appraise_under(sets + "reference_events = [4]\n" + esxi)), IsEmpty());
  EXPECT_THAT(words_of(appraise_under(sets + "reference_events = [0]\n" + esxi)), unpinned);
  EXPECT_THAT(
      words_of(appraise_under(sets + "reference_events = [4]\nunreferenced = \"off\"\n" + esxi)),
      unpinned);
}

TEST_F(AppraiseEsxi, HoldsAllAuthoritiesAgainstTheirList) {
  const std::string rules =
      "image = \"fail\"\nauthorities = [\"" + digest_of("mboot authority").hex() + "\"]";
  EXPECT_THAT(blame(rules), IsEmpty());
  boot_.authorities.push_back({{}, digest_of("of everybody"), 6});
  EXPECT_THAT(blame(rules), ElementsAre(AllOf(HasSubstr("PCR 7, event 6"),
                                              HasSubstr(digest_of("of everybody").hex()))));
  EXPECT_EQ(worst_of(appraise(rules)), Severity::kFail);
  boot_.authorities.pop_back();
  boot_.odd_authority = 6;
  EXPECT_THAT(blame(rules), ElementsAre(HasSubstr("an event behind the firmware's is none")));
  boot_.odd_authority.reset();
  boot_.authorities.clear();
  EXPECT_THAT(blame(rules), Contains(HasSubstr("none let the boot loader run")));
}

TEST_F(AppraiseEsxi, HoldsSignersAgainstTheListsAndOnlyUnderSecureBoot) {
  const std::string official = digest_of("official").hex();
  const std::string allow =
      "image = \"fail\"\nsecure_boot = \"off\"\nsigners = [\"" + official + "\"]";
  EXPECT_THAT(blame(allow), IsEmpty());
  EXPECT_THAT(blame("image = \"fail\"\ndeny_signers = [\"" + official + "\"]"),
              ElementsAre(HasSubstr("which the policy denies")));
  EXPECT_THAT(blame("image = \"fail\"\nsigners = [\"" + digest_of("x").hex() + "\"]"),
              ElementsAre(HasSubstr("which the policy does not allow")));
  secure_boot_.enabled = false;
  EXPECT_THAT(blame(allow), ElementsAre(HasSubstr("without Secure Boot")));
  secure_boot_.enabled = true;
  boot_.signers.clear();
  EXPECT_THAT(blame(allow), ElementsAre(HasSubstr("none was measured")));
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
  EXPECT_THAT(blame(kOn), IsEmpty());
}

TEST_F(AppraiseEsxi, HoldsExecInstalledOnlyAndTheAssetTagAgainstTheirRules) {
  const std::string exec = "image = \"fail\"\nexec_installed_only = \"warn\"";
  boot_.exec_installed_only = false;
  EXPECT_THAT(blame(exec), ElementsAre(HasSubstr("execInstalledOnly is off")));
  boot_.exec_installed_only.reset();
  EXPECT_THAT(blame(exec), ElementsAre(HasSubstr("execInstalledOnly is not told")));
  EXPECT_THAT(blame(kOn), IsEmpty());
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
  const std::vector<std::string> found = blame(kOn);
  EXPECT_EQ(found.size(), 17U);
  EXPECT_THAT(found.back(), HasSubstr("and 24 more such modules"));
}

}  // namespace
}  // namespace quotemill
