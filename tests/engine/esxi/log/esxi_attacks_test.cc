// The attacks on a naive reader of an ESXi log: each gives the PCRs that were quoted, and none is
// clean. And the generator's answers, for all of its faults.
#include <gmock/gmock.h>

#include "tests/engine/esxi/log/esxi_scene.h"
#include "tests/support/finding_printers.h"

namespace quotemill {
namespace {

using bench::EsxiFault;
using ::testing::Contains;
using testing::EsxiScene;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

std::vector<FindingCode> blamed(const EsxiScene& scene) {
  return testing::codes(testing::at_least(Severity::kWarning, scene.findings()));
}

std::string words_of(const EsxiScene& scene) {
  std::string words;
  for (const Finding& finding : scene.findings()) {
    words += message_of(finding) + "\n";
  }
  return words;
}

TEST(EsxiAttacks, NothingIsSaidOfAnHonestBoot) {
  EXPECT_THAT(EsxiScene().findings(), IsEmpty());
  EXPECT_THAT(EsxiScene(EsxiFault::kNone, false).findings(), IsEmpty()) << "7.0.3";
}

TEST(EsxiAttacks, A1ARenamedModuleKeepsItsDigest) {
  const EsxiScene honest;
  const EsxiScene scene(EsxiFault::kChangedModule);
  EXPECT_TRUE(scene.replays());
  EXPECT_THAT(scene.findings(), IsEmpty()) << "whose content it is, the images say";
  const auto digest_of = [](const EsxiBoot& boot) {
    for (const EsxiModule& module : boot.modules) {
      if (module.name == "vmx.v00") {
        return module.digest;
      }
    }
    return Digest();
  };
  EXPECT_NE(digest_of(scene.boot()), digest_of(honest.boot()));
}

TEST(EsxiAttacks, A2ASecondStateArchiveIsNotExcused) {
  const EsxiScene scene(EsxiFault::kExcusedTwice);
  EXPECT_TRUE(scene.replays());
  EXPECT_THAT(blamed(scene), Contains(FindingCode::kEsxiLogGrammar));
}

TEST(EsxiAttacks, A3OptionsAreNoCommandLine) {
  const EsxiScene scene(EsxiFault::kOptionsAsCommandLine);
  EXPECT_TRUE(scene.replays());
  EXPECT_THAT(blamed(scene), Contains(FindingCode::kEsxiLogGrammar));
}

TEST(EsxiAttacks, A4OptionsAreNoSigner) {
  const EsxiScene scene(EsxiFault::kOptionsAsSigner);
  EXPECT_TRUE(scene.replays());
  EXPECT_THAT(blamed(scene), Contains(FindingCode::kEsxiLogGrammar));
}

TEST(EsxiAttacks, A4TheLastOptionsFileIsNoSigner) {
  const EsxiScene scene(EsxiFault::kOptionsLastAsSigner);
  EXPECT_TRUE(scene.replays());
  EXPECT_THAT(blamed(scene), Contains(FindingCode::kEsxiLogMalformed));
  EXPECT_THAT(words_of(scene), HasSubstr("signer: no certificate"));
  // In the shape of one it is a signer that nobody knows (AppraiseEsxi).
  const EsxiScene shaped(EsxiFault::kOptionsInDer);
  EXPECT_TRUE(shaped.replays());
  ASSERT_EQ(shaped.boot().signers.size(), 2U);
  EXPECT_EQ(shaped.boot().signers.front().role, EsxiSignerRole::kUnknown);
}

TEST(EsxiAttacks, A5AWholeModuleIsNoVersionRecordOfABootWithoutRecords) {
  for (const EsxiFault fault : {EsxiFault::kModuleAsVersion, EsxiFault::kTextsAsVersion}) {
    const EsxiScene scene(fault);
    EXPECT_TRUE(scene.replays());
    EXPECT_THAT(blamed(scene), Contains(FindingCode::kEsxiLogMalformed)) << name_of(fault);
    EXPECT_THAT(scene.boot().versions, IsEmpty()) << name_of(fault);
  }
}

TEST(EsxiAttacks, APcrThatEsxiLeavesAsItIsIsNotExtended) {
  const EsxiScene scene(EsxiFault::kUnusedPcr);
  EXPECT_THAT(blamed(scene), Contains(FindingCode::kEsxiLogGrammar));
  EXPECT_THAT(words_of(scene), HasSubstr("PCR 8, event "));
}

TEST(EsxiAttacks, A5AModuleIsNoVersionRecord) {
  const EsxiScene scene(EsxiFault::kForgedVersion);
  EXPECT_TRUE(scene.replays());
  EXPECT_THAT(blamed(scene), Contains(FindingCode::kEsxiLogGrammar));
  EXPECT_THAT(blamed(EsxiScene(EsxiFault::kForgedVersion, false)),
              Contains(FindingCode::kEsxiLogGrammar))
      << "of a release that has none";
}

TEST(EsxiAttacks, A6DroppedEventsDoNotReplay) {
  const EsxiScene scene(EsxiFault::kEventsDropped);
  EXPECT_FALSE(scene.replays());
  const EsxiScene cut(EsxiFault::kTruncated);
  EXPECT_FALSE(cut.replays());
  EXPECT_THAT(blamed(cut), Contains(FindingCode::kLogMalformed));
}

TEST(EsxiAttacks, A7Sha1AloneProvesNothing) {
  EXPECT_THAT(blamed(EsxiScene(EsxiFault::kSha1Only)), Contains(FindingCode::kEsxiLogBank));
}

TEST(EsxiAttacks, A8EveryBankTellsTheSame) {
  const EsxiScene scene(EsxiFault::kBanksDiffer);
  EXPECT_THAT(blamed(scene), Contains(FindingCode::kEsxiLogData));
  EXPECT_THAT(words_of(scene), HasSubstr("in sha1"));
}

TEST(EsxiAttacks, A9LengthsAndNamesAreHeldStrictly) {
  for (const EsxiFault fault : {EsxiFault::kTagSizeLies, EsxiFault::kTagSizeHuge,
                                EsxiFault::kNulInName, EsxiFault::kNulMissing}) {
    const EsxiScene scene(fault);
    EXPECT_TRUE(scene.replays());
    EXPECT_THAT(blamed(scene), Contains(FindingCode::kEsxiLogMalformed)) << name_of(fault);
    EXPECT_THAT(words_of(scene), HasSubstr("at byte ")) << name_of(fault);
  }
}

TEST(EsxiAttacks, A10WhatNobodyExplainsIsNeverClean) {
  const EsxiScene scene(EsxiFault::kHiddenBehind);
  EXPECT_TRUE(scene.replays());
  EXPECT_THAT(blamed(scene), Contains(FindingCode::kEsxiLogTagUnknown));
  EXPECT_EQ(scene.boot().unknown_tags, 3U) << "signer, command line, asset tag";
}

TEST(EsxiAttacks, EveryFaultHasTheAnswerThatTheGeneratorKnows) {
  for (std::size_t i = 0; i < bench::kEsxiFaults; ++i) {
    const auto fault = static_cast<EsxiFault>(i);
    const bench::EsxiAnswer answer = bench::answer_to(fault);
    const EsxiScene scene(fault);
    EXPECT_EQ(bench::esxi_fault_named(name_of(fault)), fault);
    EXPECT_EQ(scene.replays(), !answer.is_seen_by_quote) << name_of(fault);
    if (answer.finding) {
      EXPECT_THAT(blamed(scene), Contains(*answer.finding)) << name_of(fault);
    } else {
      EXPECT_THAT(blamed(scene), IsEmpty()) << name_of(fault);
      EXPECT_THAT(words_of(scene), Not(HasSubstr("grammar"))) << name_of(fault);
    }
  }
}

TEST(EsxiAttacks, TheSameModelGivesTheSameBytes) {
  const bench::EsxiFleet one({.seed = 7, .hosts = 4, .images = 2, .modules = 30});
  const bench::EsxiFleet other({.seed = 7, .hosts = 4, .images = 2, .modules = 30});
  const bench::EsxiFleet different({.seed = 8, .hosts = 4, .images = 2, .modules = 30});
  EXPECT_EQ(write_esxi_boot_log(one.host(2)).log, write_esxi_boot_log(other.host(2)).log);
  EXPECT_NE(write_esxi_boot_log(one.host(2)).log, write_esxi_boot_log(one.host(3)).log);
  EXPECT_NE(write_esxi_boot_log(one.host(2)).log, write_esxi_boot_log(different.host(2)).log);
}

}  // namespace
}  // namespace quotemill
