#include "deploy/quotemill/man_page.h"

#include <gmock/gmock.h>

#include "tests/deploy/quotemill/printed_by.h"
#include "tests/support/process.h"
#include "tests/support/temp_folder.h"

namespace quotemill::cli {
namespace {

using quotemill::testing::Finished;
using quotemill::testing::TempFolder;
using ::testing::HasSubstr;
using ::testing::Not;

// The page as it is read, or what groff complains of.
Finished formatted(const std::string& page, const std::vector<std::string>& flags) {
  const TempFolder folder;
  const std::string file = folder / "quotemill.1";
  quotemill::testing::write_file(file, as_bytes(page));
  std::vector<std::string> arguments = {"groff", "-man", "-Tascii", "-P-cbou", "-ww"};
  arguments.insert(arguments.end(), flags.begin(), flags.end());
  arguments.push_back(file);
  return quotemill::testing::run({.arguments = arguments});
}

TEST(ManPage, IsSetWithoutAWarning) {
  if (!quotemill::testing::have_program("groff")) {
    GTEST_SKIP() << "groff is not installed";
  }
  const Finished done = formatted(printed_by({"man"}), {"-z"});
  EXPECT_TRUE(done.ok());
  EXPECT_EQ(done.output, "");
}

TEST(ManPage, TellsCommandsOptionsEnvironmentAndExits) {
  if (!quotemill::testing::have_program("groff")) {
    GTEST_SKIP() << "groff is not installed";
  }
  const std::string text = formatted(printed_by({"man"}), {}).output;
  for (const char* part :
       {"quotemill - operate Quotemill", "hosts [--state STATE] [--retired]",
        "baseline capture --name NAME [--dry-run] HOST",
        "reattest [--all] [--rate N/s] [--deadline DURATION]", "-q, --quiet",
        "trusted, warning, failed", "(default: 1h)", "QUOTEMILL_SOCKET", "NO_COLOR", "EXIT STATUS",
        "130    interrupted", "  quotemill hosts --state failed"}) {
    EXPECT_THAT(text, HasSubstr(part));
  }
  EXPECT_THAT(text, Not(HasSubstr("roff"))) << "the command for packagers is hidden";
}

TEST(ManPage, ShowsCharactersThatMeanSomethingToRoff) {
  if (!quotemill::testing::have_program("groff")) {
    GTEST_SKIP() << "groff is not installed";
  }
  const CommandNode root{
      .name = "x", .what = "X", .examples = "  a\\fBb\n.ig\n'so /etc/passwd\n  end-of-it"};
  const Finished done = formatted(man_page_of(root, "1"), {});
  EXPECT_THAT(done.output, HasSubstr("a\\fBb\n"));
  EXPECT_THAT(done.output, HasSubstr(".ig\n"));
  EXPECT_THAT(done.output, HasSubstr("'so /etc/passwd\n"));
  EXPECT_THAT(done.output, HasSubstr("end-of-it\n"));
}

}  // namespace
}  // namespace quotemill::cli
