#include "engine/esxi/image/software_changes.h"

#include <gmock/gmock.h>

#include "tests/engine/esxi/image/sample_images.h"

namespace quotemill {
namespace {

using testing::Boot;
using testing::digest_of;
using testing::image_802;
using testing::image_803;
using ::testing::IsEmpty;

SoftwareChanges changes(const Boot& before, const Boot& after) {
  const auto index = testing::index_of({image_803(), image_802()});
  const std::vector<MeasuredModule> earlier = before.modules();
  const std::vector<MeasuredModule> later = after.modules();
  return software_changes(*index, earlier, later, {});
}

TEST(SoftwareChanges, AreNoneOfTheSameBootOrOfAnotherConfiguration) {
  EXPECT_TRUE(changes(Boot(image_803()), Boot(image_803())).is_empty());
  EXPECT_TRUE(
      changes(Boot(image_803()), Boot(image_803()).change("state.tgz", digest_of("another backup")))
          .is_empty());
  EXPECT_TRUE(
      changes(Boot(image_803()), Boot(image_803()).rename("vmx.v00", "vmy.v00")).is_empty());
}

TEST(SoftwareChanges, NameTheModuleAndWhatItWas) {
  const SoftwareChanges found =
      changes(Boot(image_803()), Boot(image_803()).change("vmx.v00", digest_of("evil")));
  ASSERT_EQ(found.modules.size(), 1U);
  EXPECT_EQ(found.modules[0].name, "vmx.v00");
  EXPECT_EQ(found.modules[0].after, digest_of("evil"));
  EXPECT_EQ(found.modules[0].vib_before, "esx-base 8.0.3-0.35.24280767");
  EXPECT_EQ(found.modules[0].vib_after, "");
  EXPECT_THAT(found.vibs, IsEmpty()) << "esx-base has other modules";
}

TEST(SoftwareChanges, NameTheVibsOfAPatch) {
  const SoftwareChanges found = changes(Boot(image_802()), Boot(image_803()));
  ASSERT_EQ(found.vibs.size(), 2U);
  EXPECT_EQ(found.vibs[0].name, "esx-base");
  EXPECT_EQ(found.vibs[0].before, "8.0.2-0.0.22380479");
  EXPECT_EQ(found.vibs[0].after, "8.0.3-0.35.24280767");
  EXPECT_EQ(found.vibs[1].name, "i40en");
  ASSERT_EQ(found.modules.size(), 6U) << "five of VIBs, and the database";
  EXPECT_EQ(found.modules[0].vib_before, "esx-base 8.0.2-0.0.22380479");
  EXPECT_EQ(found.modules[0].vib_after, "esx-base 8.0.3-0.35.24280767");
}

TEST(SoftwareChanges, TellWhatCameAndWhatWent) {
  const SoftwareChanges found = changes(
      Boot(image_803()), Boot(image_803()).remove("i40en.v00").insert("evil\x1b", digest_of("e")));
  ASSERT_EQ(found.modules.size(), 2U);
  EXPECT_EQ(found.modules[0].name, "evil\\x1b");
  EXPECT_FALSE(found.modules[0].before.has_value());
  EXPECT_EQ(found.modules[1].name, "i40en.v00");
  EXPECT_FALSE(found.modules[1].after.has_value());
  ASSERT_EQ(found.vibs.size(), 1U);
  EXPECT_EQ(found.vibs[0].after, "");
}

}  // namespace
}  // namespace quotemill
