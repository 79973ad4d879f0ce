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

}  // namespace
}  // namespace quotemill::offline
