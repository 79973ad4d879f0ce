#include "deploy/quotemill/commands/baseline_listing.h"

#include <algorithm>
#include <array>
#include <ostream>

#include <gtest/gtest.h>

#include "tests/deploy/quotemill/commands_fixture.h"

namespace quotemill::cli {
namespace {

constexpr std::array kColumns = {ValueColumn{"NAME", "name"}, ValueColumn{"DIGEST", "digest"}};

void print_head(const Session& session, const Json& baseline) {
  session.out() << "head of " << text_at(baseline, "name") << '\n';
}

bool is_never_meant(Session& session, const Json& /*baseline*/) {
  session.fail("not that kind", {});
  return false;
}

class BaselineListingTest : public CommandsTest {
 protected:
  static Json page(int version, const std::string& value, const Json& next) {
    return {{"name", "shim"},
            {"version", version},
            {"references", {{{"name", value}, {"digest", "sha256:" + value}}}},
            {"next", next}};
  }

  Exit list(const Settings& settings = {}) {
    Session one = session(settings);
    return list_baseline(one, "shim", {kColumns, print_head});
  }
};

TEST_F(BaselineListingTest, GoesThroughAllPagesOfTheFirstOnesVersion) {
  answers_ = {page(4, "aa", 700), page(4, "bb", nullptr)};
  EXPECT_EQ(list(), Exit::kFine);
  ASSERT_EQ(requests_.size(), 2U);
  EXPECT_EQ(requests_[0]["args"], (Json{{"name", "shim"}, {"version", 0}, {"from", 0}}));
  EXPECT_EQ(requests_[1]["args"], (Json{{"name", "shim"}, {"version", 4}, {"from", 700}}));
  EXPECT_EQ(out_.str(), "head of shim\nNAME  DIGEST\naa    sha256:aa\nbb    sha256:bb\n");
}

TEST_F(BaselineListingTest, GivesProgramsAPageEachAndNoHead) {
  answers_ = {page(4, "aa", 700), page(4, "bb", nullptr)};
  Settings settings;
  settings.json = true;
  EXPECT_EQ(list(settings), Exit::kFine);
  const std::string out = out_.str();
  EXPECT_EQ(std::count(out.begin(), out.end(), '\n'), 2);
  EXPECT_EQ(out.find("head of"), std::string::npos);
}

TEST_F(BaselineListingTest, AnErrorOnALaterPageEndsIt) {
  answers_ = {page(4, "aa", 700)};
  EXPECT_EQ(list(), Exit::kError);
  EXPECT_EQ(out_.str().find("aa"), std::string::npos) << "half a listing is none";
}

TEST_F(BaselineListingTest, ABaselineOfAnotherKindIsNotListed) {
  answers_ = {page(4, "aa", nullptr)};
  Session one = session();
  EXPECT_EQ(list_baseline(one, "shim", {kColumns, print_head, is_never_meant}), Exit::kError);
  EXPECT_EQ(out_.str(), "");
}

}  // namespace
}  // namespace quotemill::cli
