#include "engine/esxi/image/software_memo.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/engine/esxi/image/sample_images.h"

namespace quotemill {
namespace {

using testing::Boot;
using testing::digest_of;
using testing::image_802;
using testing::image_803;
using testing::index_of;

SoftwareReport ask(SoftwareMemo& memo, const std::shared_ptr<const ImageIndex>& index,
                   const Boot& boot) {
  const std::vector<MeasuredModule> modules = boot.modules();
  return memo.infer(index, {modules, "8.0.3-24280767", {}});
}

TEST(SoftwareMemo, InfersOnceForHostsThatDifferInTheirConfigurationAlone) {
  const auto index = index_of({image_803()});
  SoftwareMemo memo;
  const auto first = ask(memo, index, Boot(image_803()));
  const auto second =
      ask(memo, index, Boot(image_803()).change("state.tgz", digest_of("another host")));
  EXPECT_EQ(first.fixed, second.fixed);
  EXPECT_EQ(memo.counters().found, 1U);
  EXPECT_EQ(memo.counters().inferred, 1U);
}

TEST(SoftwareMemo, JudgesWhatOnlyThisHostHasEachTime) {
  const auto index = index_of({image_803()});
  SoftwareMemo memo;
  EXPECT_TRUE(ask(memo, index, Boot(image_803())).problems.empty());
  const auto altered = ask(memo, index, Boot(image_803()).change("imgdb.tgz", digest_of("evil")));
  EXPECT_EQ(altered.problems.size(), 1U);
  EXPECT_EQ(altered.database, nullptr);
  EXPECT_EQ(memo.counters().found, 1U);
}

TEST(SoftwareMemo, TakesNoListForAnotherOne) {
  const auto index = index_of({image_803()}, {image_802()});
  const std::vector<Boot> boots = {
      Boot(image_803()),
      Boot(image_802()),
      Boot(image_803()).change("vmx.v00", digest_of("evil")),
      Boot(image_803()).rename("vmx.v00", "vmx.v01"),
      Boot(image_803()).rename("jumpstrt.gz", "jumpstrt.tg"),  // no options file
      Boot(image_803()).remove("i40en.v00"),
      Boot(image_803()).add("state.tgz", digest_of("evil")),
      Boot(image_803()).insert("state.tgz", digest_of("evil")),
  };
  SoftwareMemo memo;
  for (int round = 0; round < 2; ++round) {
    for (const Boot& boot : boots) {
      const auto modules = boot.modules();
      const SoftwareReport fresh = infer_software(*index, {modules, "8.0.3-24280767", {}});
      const SoftwareReport kept = ask(memo, index, boot);
      EXPECT_EQ(kept.fixed->problems, fresh.fixed->problems);
      EXPECT_EQ(kept.fixed->match, fresh.fixed->match);
      EXPECT_EQ(kept.problems, fresh.problems);
    }
  }
  EXPECT_EQ(memo.counters().inferred, boots.size());
  EXPECT_EQ(memo.counters().found, boots.size());
}

TEST(SoftwareMemo, AnswersOfEachIndexByItself) {
  SoftwareMemo memo;
  const auto approved = index_of({image_803()});
  for (int round = 0; round < 3; ++round) {
    EXPECT_TRUE(ask(memo, approved, Boot(image_803())).fixed->is_approved);
    // Gone afterwards, but for the memo: no other one gets its address.
    EXPECT_FALSE(ask(memo, index_of({}, {image_803()}), Boot(image_803())).fixed->is_approved);
  }
  EXPECT_EQ(memo.counters().inferred, 4U);
}

TEST(SoftwareMemo, IsBoundedAndKeepsWhatIsAskedFor) {
  const auto index = index_of({image_803()});
  SoftwareMemo memo(4);
  for (int i = 0; i < 50; ++i) {
    ask(memo, index, Boot(image_803()).change("vmx.v00", digest_of(std::to_string(i))));
    ask(memo, index, Boot(image_803()));
    EXPECT_LE(memo.size(), 4U);
  }
  EXPECT_EQ(memo.counters().found, 49U);
  EXPECT_EQ(memo.counters().inferred, 51U);
}

}  // namespace
}  // namespace quotemill
