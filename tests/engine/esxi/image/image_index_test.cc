#include "engine/esxi/image/image_index.h"

#include <gtest/gtest.h>

#include "tests/engine/esxi/image/sample_images.h"

namespace quotemill {
namespace {

using testing::digest_of;
using testing::image_802;
using testing::image_803;
using testing::index_of;

TEST(ImageIndex, FindsTheVibOfEachContent) {
  const auto index = index_of({image_803(), image_802()});
  std::size_t found = 0;
  for (std::uint32_t image = 0; image < 2; ++image) {
    for (const Vib& vib : index->images()[image].image->vibs) {
      for (const VibPayload& payload : vib.payloads) {
        const auto places = index->find(payload.digest);
        ASSERT_EQ(places.size(), 1U);
        EXPECT_EQ(places[0].image, image);
        EXPECT_EQ(index->vib(places[0]), vib);
        EXPECT_EQ(index->payload(places[0]), payload);
        ++found;
      }
    }
  }
  EXPECT_EQ(found, 10U);
  EXPECT_TRUE(index->find(digest_of("evil")).empty());
  EXPECT_TRUE(ImageIndex().find(digest_of("evil")).empty());
}

TEST(ImageIndex, GivesAllImagesOfAContentInTheirOrder) {
  BaseImage other = image_803();
  other.name = "OEM";
  const auto index = index_of({image_803(), other});
  const auto places = index->find(image_803().vibs[0].payloads[0].digest);
  ASSERT_EQ(places.size(), 2U);
  EXPECT_EQ(places[0].image, 0U);
  EXPECT_EQ(places[1].image, 1U);
}

TEST(ImageIndex, FindsAnEmptyPayloadUnderBothItsDigests) {
  BaseImage image = image_803();
  image.vibs[0].payloads[3].digest = digest_of("");
  const auto index = index_of({image});
  EXPECT_EQ(index->find(digest_of("")).size(), 1U);
  EXPECT_EQ(index->find(digest_of(std::string_view("\0", 1))).size(), 1U);
  EXPECT_TRUE(is_empty_content(digest_of("")));
  EXPECT_TRUE(is_empty_content(digest_of(std::string_view("\0", 1))));
  EXPECT_TRUE(is_newline(digest_of("\n")));
  EXPECT_FALSE(is_newline(digest_of("")));
  EXPECT_FALSE(is_empty_content(digest_of("\n")));
}

TEST(ImageIndex, FindsBootFilesAndDatabases) {
  const auto index = index_of({image_803()}, {image_802(), image_803()});
  const std::optional<std::size_t> file = index->find_boot_file(0, "vmx.v00");
  ASSERT_TRUE(file);
  EXPECT_EQ(index->payload(index->boot_files(0)[*file]).name, "vmx");
  EXPECT_FALSE(index->find_boot_file(0, "vmx"));
  EXPECT_FALSE(index->find_boot_file(0, "zzz"));
  EXPECT_EQ(index->find_database(digest_of("database of ESXi-8.0U2-22380479-standard")), 1U);
  EXPECT_EQ(index->find_database(*image_803().database), 0U);  // the approved one
  EXPECT_FALSE(index->find_database(digest_of("")));
}

TEST(ImageIndex, TakesNoSetOfVibsForAnImage) {
  BaseImage vibs = image_803();
  for (Vib& vib : vibs.vibs) {
    for (VibPayload& payload : vib.payloads) {
      payload.boot_file.clear();
    }
  }
  BaseImage driver = image_803();
  driver.vibs.erase(driver.vibs.begin());
  derive_from_vibs(driver);
  const auto index = index_of({image_803(), vibs, driver});
  EXPECT_TRUE(index->is_bootable(0));
  EXPECT_FALSE(index->is_bootable(1));
  EXPECT_FALSE(index->is_bootable(2));
}

}  // namespace
}  // namespace quotemill
