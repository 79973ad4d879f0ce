#include "engine/esxi/image/software.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/engine/esxi/image/sample_images.h"

namespace quotemill {
namespace {

using testing::Boot;
using testing::digest_of;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::image_802;
using testing::image_803;
using testing::index_of;
using testing::infer;
using ::testing::IsEmpty;
using testing::vib_of;

std::vector<std::string> kinds_of(const std::vector<ModuleProblem>& problems) {
  std::vector<std::string> out;
  for (const ModuleProblem& problem : problems) {
    out.push_back(std::string(name_of(problem.kind)) + " " + problem.name);
  }
  return out;
}

TEST(Software, NamesTheVibOfEveryModuleOfAnImage) {
  const auto index = index_of({image_803(), image_802()});
  const SoftwareReport report = infer(*index, Boot(image_803()));
  EXPECT_EQ(report.fixed->match, ImageMatch::kExact);
  EXPECT_EQ(report.fixed->image->name, "ESXi-8.0U3-24280767-standard");
  EXPECT_TRUE(report.fixed->is_approved);
  EXPECT_THAT(report.fixed->problems, IsEmpty());
  EXPECT_THAT(report.problems, IsEmpty());
  EXPECT_EQ(report.version_conflict, "");
  ASSERT_EQ(report.fixed->vibs.size(), 2U);
  EXPECT_EQ(report.fixed->vibs[0].name, "esx-base");
  EXPECT_EQ(report.fixed->vibs[0].modules, 4U);
  EXPECT_EQ(report.fixed->vibs[1].version, "1.2.3");
  EXPECT_TRUE(report.fixed->vibs[1].is_in_image);
  EXPECT_EQ(title_of(report.fixed->version), "8.0.3 build 24280767");
  EXPECT_EQ(report.fixed->acceptance, AcceptanceLevel::kCertified);
  EXPECT_EQ(describe(*report.fixed), "image ESXi-8.0U3-24280767-standard, 8.0.3 build 24280767");
}

TEST(Software, FindsAnUnapprovedImageAndSaysThatItIs) {
  const auto index = index_of({image_803()}, {image_802()});
  const SoftwareReport report = infer(*index, Boot(image_802()), "8.0.2-22380479");
  EXPECT_EQ(report.fixed->match, ImageMatch::kExact);
  EXPECT_EQ(report.fixed->image->name, "ESXi-8.0U2-22380479-standard");
  EXPECT_FALSE(report.fixed->is_approved);
}

TEST(Software, PrefersTheApprovedOneOfTwoImagesOfTheSameModules) {
  BaseImage copy = image_803();
  copy.name = "copy";
  const auto index = index_of({image_803()}, {copy});
  EXPECT_TRUE(infer(*index, Boot(copy)).fixed->is_approved);
  const auto other = index_of({copy}, {image_803()});
  EXPECT_EQ(infer(*other, Boot(copy)).fixed->image->name, "copy");
}

TEST(Software, NamesTheChangedModuleWithItsVibAndWhatTheImageHas) {
  const auto index = index_of({image_803()});
  const SoftwareReport report =
      infer(*index, Boot(image_803()).change("vmx.v00", digest_of("evil")));
  EXPECT_EQ(report.fixed->match, ImageMatch::kDifferent);
  ASSERT_THAT(kinds_of(report.fixed->problems), ElementsAre("changed vmx.v00"));
  EXPECT_EQ(describe(report.fixed->problems[0], report.fixed->image.get()),
            "module vmx.v00 has digest sha256:" + digest_of("evil").hex() +
                "; image ESXi-8.0U3-24280767-standard has esx-base 8.0.3-0.35.24280767 with "
                "sha256:" +
                image_803().vibs[0].payloads[2].digest.hex());
  EXPECT_EQ(report.fixed->problems[0].module, 2U);
}

TEST(Software, FindsAnUnknownModuleWhateverItIsCalled) {
  const auto index = index_of({image_803()});
  for (const char* const name : {"evil.v00", "useropts.tgz", "imgdb.tgz", "state.tgz", ""}) {
    const SoftwareReport report = infer(*index, Boot(image_803())
                                                    .insert("first.v00", digest_of("x"))
                                                    .insert(name, digest_of("evil"))
                                                    .insert("last.v00", digest_of("y")));
    EXPECT_EQ(report.fixed->match, ImageMatch::kDifferent) << name;
    EXPECT_THAT(
        kinds_of(report.fixed->problems),
        ElementsAre("unknown first.v00", "unknown " + std::string(name), "unknown last.v00"));
  }
}

TEST(Software, FindsAMixOfTwoBuilds) {
  const auto index = index_of({image_803()}, {image_802()});
  const Digest old = image_802().vibs[0].payloads[2].digest;
  const SoftwareReport report = infer(*index, Boot(image_803()).change("vmx.v00", old));
  EXPECT_EQ(report.fixed->match, ImageMatch::kMixed);
  ASSERT_THAT(kinds_of(report.fixed->problems), ElementsAre("other_version vmx.v00"));
  EXPECT_THAT(describe(report.fixed->problems[0], report.fixed->image.get()),
              HasSubstr("module vmx.v00 of VIB esx-base 8.0.2-0.0.22380479 has digest sha256:" +
                        old.hex()));
  EXPECT_THAT(describe(report.fixed->problems[0], report.fixed->image.get()),
              HasSubstr("has esx-base 8.0.3-0.35.24280767 with sha256:"));
  EXPECT_EQ(title_of(report.fixed->version), "8.0.3 build 24280767");
}

TEST(Software, FindsAMissingModule) {
  const auto index = index_of({image_803()});
  const SoftwareReport report = infer(*index, Boot(image_803()).remove("i40en.v00"));
  EXPECT_EQ(report.fixed->match, ImageMatch::kDifferent);
  ASSERT_THAT(kinds_of(report.fixed->problems), ElementsAre("missing i40en.v00"));
  EXPECT_THAT(describe(report.fixed->problems[0], report.fixed->image.get()),
              HasSubstr("boots i40en.v00 of VIB i40en 1.2.3"));
}

TEST(Software, TellsExtraModulesOfKnownVibsFromUnknownOnes) {
  BaseImage addon;
  addon.name = "addon";
  addon.vibs = {vib_of("oem-tool", "5", {"oem.v00"})};
  addon.vibs[0].acceptance = AcceptanceLevel::kPartner;
  const Digest digest = addon.vibs[0].payloads[0].digest;
  const Boot boot = Boot(image_803()).insert("oem.v00", digest);
  for (const bool is_approved : {true, false}) {
    const auto index =
        is_approved ? index_of({image_803(), addon}) : index_of({image_803()}, {addon});
    const SoftwareReport report = infer(*index, boot);
    EXPECT_EQ(report.fixed->match, ImageMatch::kSuperset);
    ASSERT_THAT(kinds_of(report.fixed->problems), ElementsAre("extra oem.v00"));
    EXPECT_EQ(report.fixed->problems[0].is_approved, is_approved);
    EXPECT_EQ(report.fixed->acceptance, AcceptanceLevel::kPartner);
    EXPECT_EQ(describe(*report.fixed),
              "image ESXi-8.0U3-24280767-standard, 8.0.3 build 24280767, and 1 other VIB");
  }
}

TEST(Software, FindsARenamedModule) {
  const auto index = index_of({image_803()});
  const SoftwareReport report = infer(*index, Boot(image_803()).rename("vmx.v00", "evil.v00"));
  EXPECT_EQ(report.fixed->match, ImageMatch::kExact);
  ASSERT_THAT(kinds_of(report.fixed->problems), ElementsAre("renamed evil.v00"));
  EXPECT_THAT(describe(report.fixed->problems[0], report.fixed->image.get()),
              HasSubstr("module evil.v00 is vmx.v00 of VIB esx-base"));
  EXPECT_THAT(infer(*index, Boot(image_803()).rename("b.b00", "/b.b00")).fixed->problems,
              IsEmpty());
  EXPECT_THAT(infer(*index, Boot(image_803()).rename("b.b00", "b")).fixed->problems, IsEmpty());
}

TEST(Software, ExcusesOneConfigurationBehindAllModules) {
  const auto index = index_of({image_803()});
  Boot twice = Boot(image_803()).add("state.tgz", digest_of("evil"));
  EXPECT_THAT(kinds_of(infer(*index, twice).fixed->problems),
              ElementsAre("unknown imgdb.tgz", "unknown state.tgz"));
  Boot early = Boot(image_803()).remove("state.tgz");
  early.insert("state.tgz", digest_of("evil")).insert("i40en.v01", digest_of("x"));
  EXPECT_THAT(kinds_of(infer(*index, early).fixed->problems),
              ElementsAre("unknown state.tgz", "unknown i40en.v01"));
}

TEST(Software, ExcusesOptionsFilesOnlyIfTheySayNothing) {
  const auto index = index_of({image_803()});
  Boot boot(image_803());
  boot.insert("useropts.gz", digest_of("\n"))
      .insert("features.gz", digest_of(std::string_view("\0", 1)));
  EXPECT_THAT(infer(*index, boot).fixed->problems, IsEmpty());
  boot.change("useropts.gz", digest_of("execInstalledOnly=FALSE"));
  EXPECT_THAT(kinds_of(infer(*index, boot).fixed->problems), ElementsAre("options useropts.gz"));
  boot.change("useropts.gz", digest_of("\n")).change("jumpstrt.gz", digest_of("evil"));
  EXPECT_THAT(kinds_of(infer(*index, boot).fixed->problems), ElementsAre("options jumpstrt.gz"));
  // What is no options file is not excused for being empty.
  Boot hollow = Boot(image_803()).change("vmx.v00", digest_of(std::string_view("\0", 1)));
  EXPECT_THAT(kinds_of(infer(*index, hollow).fixed->problems), ElementsAre("changed vmx.v00"));
}

TEST(Software, AuthenticatesTheImageDatabaseByItsDigest) {
  const auto index = index_of({image_803()});
  const SoftwareReport good = infer(*index, Boot(image_803()));
  ASSERT_NE(good.database, nullptr);
  EXPECT_EQ(good.database->name, "ESXi-8.0U3-24280767-standard");
  const SoftwareReport altered =
      infer(*index, Boot(image_803()).change("imgdb.tgz", digest_of("altered")));
  EXPECT_EQ(altered.database, nullptr);
  ASSERT_THAT(kinds_of(altered.problems), ElementsAre("database imgdb.tgz"));
  EXPECT_THAT(describe(altered.problems[0], nullptr),
              HasSubstr("which is none of those that were imported"));
}

TEST(Software, HoldsAllSourcesOfTheVersionAgainstEachOther) {
  const auto index = index_of({image_803()}, {image_802()});
  const Boot boot(image_803());
  EXPECT_EQ(infer(*index, boot, "8.0.3-24280767", "8.0.3-24280767").version_conflict, "");
  EXPECT_EQ(infer(*index, boot, "8.0.3").version_conflict, "");
  EXPECT_EQ(infer(*index, boot, "", "").version_conflict, "");
  EXPECT_EQ(infer(*index, boot, "8.0.3-1").version_conflict,
            "the modules are of 8.0.3 build 24280767, the boot loader's record tells 8.0.3 build "
            "1, the host's image database tells 8.0.3 build 24280767");
  EXPECT_THAT(infer(*index, boot, "", "8.0.2").version_conflict,
              HasSubstr("the kernel tells 8.0.2"));
  EXPECT_THAT(infer(*index, boot, "x\x1b").version_conflict, HasSubstr("'x\\x1b'"));
  EXPECT_THAT(infer(*index, boot, "", "9").version_conflict, HasSubstr("the kernel tells 9"));
  Boot swapped = Boot(image_803()).change("imgdb.tgz", *image_802().database);
  EXPECT_THAT(infer(*index, swapped).version_conflict,
              HasSubstr("the host's image database tells 8.0.2 build 22380479"));
}

TEST(Software, SaysThatNothingIsKnown) {
  const SoftwareReport report = infer(*index_of({image_802()}), Boot(image_803()));
  EXPECT_EQ(report.fixed->match, ImageMatch::kNone);
  EXPECT_EQ(report.fixed->image, nullptr);
  EXPECT_FALSE(report.fixed->is_approved);
  EXPECT_EQ(report.fixed->problems.size(), 5U);
  EXPECT_EQ(describe(*report.fixed), "no known image");
  const SoftwareReport nothing = infer_software(ImageIndex(), {});
  EXPECT_EQ(nothing.fixed->match, ImageMatch::kNone);
}

TEST(Software, CountsContentsThatSeveralVersionsHave) {
  BaseImage next = image_803();
  next.name = "ESXi-8.0U3b";
  next.vibs[1] = vib_of("i40en", "1.2.4", {"i40en.v00"});
  next.vibs[1].payloads[0].digest = image_803().vibs[1].payloads[0].digest;
  const auto index = index_of({image_803(), next});
  const SoftwareReport report = infer(*index, Boot(image_803()));
  EXPECT_EQ(report.fixed->match, ImageMatch::kExact);
  EXPECT_EQ(report.fixed->vibs[1].version, "1.2.3");  // the image's, not any
}

// A driver whose content two versions share, beside an image that has neither.
TEST(Software, SettlesWhatSeveralVibsHaveByTheHostsDatabase) {
  BaseImage older;
  older.name = "driver";
  older.vibs = {vib_of("net-oem", "1", {"net.v00"})};
  BaseImage newer = older;
  newer.vibs[0].version = "2";
  const auto boot = [&](const BaseImage& image) {
    return Boot(image).insert("net.v00", older.vibs[0].payloads[0].digest);
  };
  const auto index = index_of({image_803(), older, newer});
  EXPECT_EQ(infer(*index, boot(image_803())).fixed->ambiguous.size(), 1U);
  EXPECT_EQ(infer(*index, boot(image_803())).ambiguous, 1U) << "the database has neither";
  BaseImage installed = image_803();
  installed.name = "what is installed";
  installed.database = digest_of("the host's own");
  installed.vibs.push_back(newer.vibs[0]);
  installed.vibs.back().payloads.clear();
  const auto known = index_of({image_803(), older, newer}, {installed});
  Boot host = boot(image_803()).change("imgdb.tgz", *installed.database);
  EXPECT_EQ(infer(*known, host).ambiguous, 0U);
  installed.vibs.push_back(older.vibs[0]);
  installed.vibs.back().payloads.clear();
  EXPECT_EQ(infer(*index_of({image_803(), older, newer}, {installed}), host).ambiguous, 1U);
}

TEST(Software, AsksForTheHostsDatabaseInItsPlace) {
  const auto index = index_of({image_803()});
  const SoftwareReport none = infer(*index, Boot(image_803()).remove("imgdb.tgz"));
  ASSERT_THAT(kinds_of(none.problems), ElementsAre("database imgdb.tgz"));
  EXPECT_THAT(describe(none.problems[0], nullptr), HasSubstr("nothing tells what is installed"));
}

TEST(Software, EscapesWhatTheLogSays) {
  const auto index = index_of({image_803()});
  const SoftwareReport report =
      infer(*index, Boot(image_803()).insert("\x1b[31mred", digest_of("evil")));
  EXPECT_THAT(describe(report.fixed->problems[0], report.fixed->image.get()),
              HasSubstr("module \\x1b[31mred has digest"));
}

}  // namespace
}  // namespace quotemill
