#include "engine/appraise/appraise_esxi_start.h"

#include <gmock/gmock.h>

#include "tests/engine/appraise/esxi_appraisal.h"

namespace quotemill {
namespace {

using ::testing::AllOf;
using testing::AppraiseEsxi;
using testing::Boot;
using ::testing::Contains;
using testing::digest_of;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::kImageRule;

TEST_F(AppraiseEsxi, AsksForSecureBootWithAnAuthorityForTheBootLoader) {
  secure_boot_.enabled = false;
  EXPECT_THAT(blame(kImageRule), ElementsAre(HasSubstr("Secure Boot is off")));
  secure_boot_.enabled = true;
  secure_boot_.ground.standing = Standing::kUnproven;
  secure_boot_.ground.because = "two separators";
  EXPECT_THAT(blame(kImageRule), ElementsAre(HasSubstr("not proven: two separators")));
  secure_boot_.ground.standing = Standing::kProven;
  boot_.authorities.clear();
  EXPECT_THAT(blame(kImageRule), ElementsAre(HasSubstr("no authority let the boot loader run")));
  EXPECT_THAT(blame("image = \"fail\"\nsecure_boot = \"off\""), IsEmpty());
}

// Any content of an options file can stand in the log as a signer.
TEST_F(AppraiseEsxi, TakesNoSignerThatNobodyKnowsEvenIfThePolicyListsNone) {
  boot_.signers.push_back({{}, digest_of("options"), EsxiSignerRole::kUnknown, "", 10});
  EXPECT_THAT(blame(kImageRule), ElementsAre(AllOf(HasSubstr("PCR 14, event 10"),
                                                   HasSubstr(digest_of("options").hex()),
                                                   HasSubstr("which nobody knows"))));
  EXPECT_EQ(worst_of(appraise(kImageRule)), Severity::kFail);
  EXPECT_THAT(blame("image = \"fail\"\nsigners = [\"" + digest_of("options").hex() + "\", \"" +
                    digest_of("official").hex() + "\"]"),
              IsEmpty());
}

TEST_F(AppraiseEsxi, AsksForASignerOfEveryBootThatMbootMeasures) {
  boot_.signers.clear();
  EXPECT_THAT(blame(kImageRule), ElementsAre(HasSubstr("signers of modules: none was measured")));
}

TEST_F(AppraiseEsxi, HoldsWhatStartedTheHostAgainstTheListOfLoaders) {
  EXPECT_THAT(blame(kImageRule), IsEmpty());
  boot_.loaders.push_back({digest_of("grub"), 8, 4});
  EXPECT_THAT(blame(kImageRule),
              ElementsAre(AllOf(HasSubstr("PCR 4, event 8"), HasSubstr(digest_of("grub").hex()),
                                HasSubstr("which the policy does not list"))));
  EXPECT_EQ(worst_of(appraise(kImageRule)), Severity::kFail);
  boot_.loaders.clear();
  EXPECT_THAT(blame(kImageRule), ElementsAre(HasSubstr("nothing was measured")));
  EXPECT_THAT(blame(kImageRule, 0xFFFFFFU & ~(1U << 4U)),
              ElementsAre(HasSubstr("no quote proves")));
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

}  // namespace
}  // namespace quotemill
