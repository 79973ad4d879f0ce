#include "engine/esxi/image/base_image.h"

#include <gtest/gtest.h>

#include "tests/engine/esxi/image/sample_images.h"

namespace quotemill {
namespace {

TEST(EsxiVersion, IsReadFromWhatVibsAndTheBootLoaderSay) {
  EXPECT_EQ(esxi_version_of("8.0.3-0.35.24280767"), (EsxiVersion{"8.0.3", "24280767"}));
  EXPECT_EQ(esxi_version_of("6.7.0-1.28.10302608"), (EsxiVersion{"6.7.0", "10302608"}));
  EXPECT_EQ(esxi_version_of("8.0.3-24280767"), (EsxiVersion{"8.0.3", "24280767"}));
  EXPECT_EQ(esxi_version_of("9.1.0"), (EsxiVersion{"9.1.0", ""}));
  EXPECT_EQ(esxi_version_of("8.0.3-beta"), (EsxiVersion{"8.0.3", ""}));
}

TEST(EsxiVersion, IsUnknownWhereNoReleaseIsTold) {
  for (const char* const text : {"", "-", "VMware", "8.", ".8", "8..0", "v8.0", "-24280767"}) {
    EXPECT_FALSE(esxi_version_of(text).is_known()) << text;
  }
}

TEST(EsxiVersion, ComparesNumbersAndNotLetters) {
  const auto order = [](const char* left, const char* right) {
    return compare(esxi_version_of(left), esxi_version_of(right));
  };
  EXPECT_EQ(order("8.0.3-9", "8.0.10-1"), -1);
  EXPECT_EQ(order("10.0", "9.1"), 1);
  EXPECT_EQ(order("8.0", "8.0.0"), 0);
  EXPECT_EQ(order("8.0.3-24280767", "8.0.3-24280768"), -1);
  EXPECT_EQ(order("8.0.3-99999999999999999999999", "8.0.3-100000000000000000000000"), -1);
}

TEST(BaseImage, IsWorthTheLeastOfItsVibs) {
  BaseImage image = testing::image_803();
  EXPECT_EQ(image.version, (EsxiVersion{"8.0.3", "24280767"}));
  EXPECT_EQ(image.acceptance, AcceptanceLevel::kCertified);
  image.vibs[1].acceptance = AcceptanceLevel::kPartner;
  derive_from_vibs(image);
  EXPECT_EQ(image.acceptance, AcceptanceLevel::kPartner);
  image.vibs.clear();
  derive_from_vibs(image);
  EXPECT_EQ(image.acceptance, AcceptanceLevel::kUnknown);
  EXPECT_FALSE(image.version.is_known());
}

TEST(AcceptanceLevel, IsNamedBothWays) {
  for (const char* const name : {"unknown", "community", "partner", "accepted", "certified"}) {
    EXPECT_EQ(name_of(acceptance_level_named(name).value()), name);
  }
  EXPECT_FALSE(acceptance_level_named("Certified"));
}

}  // namespace
}  // namespace quotemill
