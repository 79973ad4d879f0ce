// What people read of a judged quote.
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "deploy/quotemill-verify/report.h"
#include "tests/deploy/quotemill-verify/quote_scene.h"

namespace quotemill::offline {
namespace {

using quotemill::testing::Scene;
using ::testing::HasSubstr;
using ::testing::Not;

std::string text_of(const Scene& scene) {
  std::ostringstream out;
  print_text(out, scene.judge(), {scene.key.key, scene.key, false});
  return out.str();
}

TEST(ReportText, ListsValuesThatAreNotQuotedAsNotChecked) {
  Scene scene;
  scene.sign();
  scene.values.set(16, hash(HashAlgorithm::kSha256, as_bytes("made up")));
  scene.give({scene.values});
  const std::string text = text_of(scene);
  const std::size_t unchecked = text.find("Not checked");
  ASSERT_NE(unchecked, std::string::npos);
  EXPECT_THAT(text, HasSubstr("PROVEN"));
  EXPECT_THAT(text.substr(unchecked), HasSubstr("unquoted_pcrs"));
  EXPECT_THAT(text.substr(unchecked), HasSubstr("sha256:16"));
  EXPECT_THAT(text, Not(HasSubstr(scene.values.at(16).hex())));
}

TEST(ReportText, TellsTheRemedyOfOneCodeOnce) {
  Scene scene;
  for (const std::uint32_t pcr : {8U, 9U, 14U}) {
    scene.values.set(pcr, hash(HashAlgorithm::kSha256, as_bytes("measured")));
  }
  scene.sign();
  const std::string text = text_of(scene);
  const std::string remedy(remedy_of(FindingCode::kLogNoEvents));
  EXPECT_THAT(text, HasSubstr("PCR 8"));
  EXPECT_THAT(text, HasSubstr("PCR 14"));
  const std::size_t first = text.find(remedy);
  ASSERT_NE(first, std::string::npos);
  EXPECT_GT(first, text.find("PCR 14"));
  EXPECT_EQ(text.find(remedy, first + 1), std::string::npos);
}

}  // namespace
}  // namespace quotemill::offline
