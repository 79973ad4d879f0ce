// deploy/quickstart as people run it: what it shows of its two ESXi hosts, and what it leaves.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <regex>
#include <sstream>

#include <gmock/gmock.h>

#include "tests/support/process.h"

namespace quotemill {
namespace {

using ::testing::ContainsRegex;
using testing::Finished;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::string content_of(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::stringstream content;
  content << in.rdbuf();
  return content.str();
}

// Command lines of processes that name the folder, in their words or in their environment.
std::vector<std::string> processes_of(const std::string& folder) {
  std::vector<std::string> found;
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    const std::string name = entry.path().filename();
    if (!std::all_of(name.begin(), name.end(), [](char c) { return c >= '0' && c <= '9'; })) {
      continue;
    }
    const std::string words = content_of(entry.path() / "cmdline");
    if ((words + content_of(entry.path() / "environ")).find(folder) != std::string::npos) {
      found.push_back(name + ": " + words);
    }
  }
  return found;
}

// "trusted Passed": state and attestation of a host in each table of hosts.
std::vector<std::string> rows_of(const std::string& output, const std::string& host) {
  const std::regex row(host + R"( +(\w+) +\d{4}-\S+ +\d{4}-\S+ +(\S+).*)");
  std::vector<std::string> rows;
  std::istringstream lines(output);
  std::smatch found;
  for (std::string line; std::getline(lines, line);) {
    if (std::regex_match(line, found, row)) {
      rows.push_back(found[1].str() + " " + found[2].str());
    }
  }
  return rows;
}

TEST(Quickstart, ShowsAnEsxiHostThatPassesAndOneThatFailsByTheVibAndLeavesNothing) {
  const Finished finished =
      testing::run({{"deploy/quickstart", "--bin", QUOTEMILL_BIN_DIR}}, std::chrono::seconds(280));
  ASSERT_TRUE(finished.ok()) << finished.output;
  const std::vector<std::string> good = rows_of(finished.output, "esx-01");
  const std::vector<std::string> bad = rows_of(finished.output, "esx-02");
  ASSERT_FALSE(good.empty()) << finished.output;
  ASSERT_FALSE(bad.empty());
  EXPECT_THAT(good, ::testing::Each("trusted Passed"));
  EXPECT_EQ(bad.front(), "trusted Passed") << "before its module was changed";
  EXPECT_EQ(bad.back(), "failed Failed");
  EXPECT_THAT(finished.output, ContainsRegex("message +.*vmx.v00.*esx-base"));
  EXPECT_THAT(finished.output, HasSubstr("attestation   Failed"));

  std::smatch folder;
  ASSERT_TRUE(std::regex_search(finished.output, folder, std::regex("everything is in (\\S+)")))
      << finished.output;
  EXPECT_THAT(processes_of(folder[1]), IsEmpty());
  EXPECT_FALSE(std::filesystem::exists(folder[1].str()));
}

TEST(Quickstart, RefusesAFolderWithoutPrograms) {
  const Finished finished = testing::run({{"deploy/quickstart", "--bin", "/nowhere"}});
  EXPECT_EQ(finished.exit_status, 2);
  EXPECT_THAT(finished.output, HasSubstr("no quotemilld in '/nowhere'"));
}

}  // namespace
}  // namespace quotemill
