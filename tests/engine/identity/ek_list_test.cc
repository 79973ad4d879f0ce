#include "engine/identity/ek_list.h"

#include <gtest/gtest.h>

namespace quotemill {
namespace {

TEST(EkList, GivesEachEkOneName) {
  EkList list;
  EXPECT_TRUE(list.add("aa", "web-1"));
  EXPECT_TRUE(list.add("aa", "web-1"));
  EXPECT_TRUE(list.add("bb", "web-1"));
  EXPECT_EQ(list.add("aa", "web-2").error().code, ErrorCode::kConflict);
  EXPECT_EQ(list.name_of("aa"), "web-1");
  EXPECT_EQ(list.name_of("cc"), std::nullopt);
  EXPECT_EQ(list.eks(), (std::set<std::string, std::less<>>{"aa", "bb"}));
  EXPECT_EQ(list.size(), 2U);
}

TEST(EkList, ReservesItsNamesForItsEks) {
  EkList list;
  ASSERT_TRUE(list.add("aa", "web-1"));
  EXPECT_FALSE(list.is_reserved("web-1", "aa"));
  EXPECT_TRUE(list.is_reserved("web-1", "bb"));
  EXPECT_FALSE(list.is_reserved("web-2", "bb"));
}

}  // namespace
}  // namespace quotemill
