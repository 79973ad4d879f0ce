// What administrators of ESXi hosts read, whole: the daemon's golden answers
// (quotemilld/esxi_view_test.cc) as the command line shows them, held against golden files.
#include <filesystem>
#include <set>

#include <gmock/gmock.h>

#include "deploy/quotemill/commands/esxi_host.h"
#include "tests/deploy/quotemill/commands_fixture.h"
#include "tests/support/golden_file.h"

namespace quotemill::cli {
namespace {

constexpr const char* kFolder = "tests/deploy/esxi_views/";

class EsxiView : public CommandsTest {
 protected:
  static std::set<std::string> names() {
    std::set<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(kFolder)) {
      if (entry.path().extension() == ".json") {
        names.insert(entry.path().stem());
      }
    }
    return names;
  }

  std::string shown(const std::string& name) {
    const Bytes answer = testing::read_file(kFolder + name + ".json");
    const std::optional<Json> esxi = transport::parse_json(as_text(answer));
    EXPECT_TRUE(esxi) << name;
    out_.str("");
    const Session session = this->session();
    print_esxi(session, {{"esxi", esxi.value_or(Json())}});
    return out_.str();
  }
};

TEST_F(EsxiView, IsWhatItWas) {
  EXPECT_GT(names().size(), 10U);
  for (const std::string& name : names()) {
    testing::expect_golden(kFolder + name + ".txt", shown(name));
    expect_clean();
  }
}

// Whoever stands before a host that is not green reads why, and what to do.
TEST_F(EsxiView, SaysCauseAndRemedyOfAllThatIsNotGreen) {
  for (const std::string& name : names()) {
    const std::string view = shown(name);
    const bool is_green = view.find("attestation   Passed\n") != std::string::npos;
    EXPECT_EQ(is_green, name == "passed" || name == "launched") << view;
    for (const char* const field : {"\n  cause ", "\n  remedy "}) {
      EXPECT_EQ(view.find(field) == std::string::npos, is_green) << view;
    }
    EXPECT_THAT(view, ::testing::HasSubstr("\n  message "));
  }
}

}  // namespace
}  // namespace quotemill::cli
