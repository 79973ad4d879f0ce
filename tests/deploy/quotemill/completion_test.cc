#include "deploy/quotemill/completion.h"

#include <algorithm>
#include <sstream>

#include <gmock/gmock.h>

#include "tests/deploy/quotemill/printed_by.h"
#include "tests/support/process.h"
#include "tests/support/temp_folder.h"

namespace quotemill::cli {
namespace {

using quotemill::testing::Command;
using quotemill::testing::Finished;
using quotemill::testing::have_program;
using quotemill::testing::run;
using quotemill::testing::TempFolder;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::IsSupersetOf;
using ::testing::Not;

using Words = std::vector<std::string>;

// The script in a file of its own.
std::string script_file(const TempFolder& folder, const std::string& shell) {
  std::string path = folder / ("completion." + shell);
  quotemill::testing::write_file(path, as_bytes(printed_by({"completion", shell})));
  return path;
}

Words lines_of(const std::string& text) {
  Words lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) {
    lines.push_back(line);
  }
  return lines;
}

// What bash offers for the last of these words.
Words bash_offers(const Words& words) {
  const TempFolder folder;
  std::string list;
  for (const std::string& word : words) {
    list += " '" + word + "'";
  }
  const Finished done = run(
      Command{.arguments = {"bash", "--norc", "-uc",
                            "source '" + script_file(folder, "bash") + "'; COMP_WORDS=(quotemill" +
                                list + "); COMP_CWORD=" + std::to_string(words.size()) +
                                "; _quotemill; ((${#COMPREPLY[@]} == 0)) || printf '%s\\n' "
                                "\"${COMPREPLY[@]}\""}});
  EXPECT_TRUE(done.ok()) << done.output;
  return lines_of(done.output);
}

TEST(Completion, BashOffersCommandsAtEachLevel) {
  EXPECT_THAT(bash_offers({"ho"}), ElementsAre("hosts", "host"));
  EXPECT_THAT(bash_offers({"token", ""}), ElementsAre("create", "list"));
  EXPECT_THAT(bash_offers({"completion", ""}), ElementsAre("bash", "zsh", "fish"));
  EXPECT_THAT(bash_offers({""}), IsSupersetOf({"status", "hosts", "pending", "completion"}));
  EXPECT_THAT(bash_offers({""}), Not(Contains("man"))) << "it is hidden";
  EXPECT_THAT(bash_offers({"hosts", ""}), IsEmpty());
}

TEST(Completion, BashOffersTheCommandsOptionsAndTheGlobalOnes) {
  EXPECT_THAT(bash_offers({"token", "create", "--"}),
              IsSupersetOf({"--count", "--ttl", "--json", "--socket", "--help"}));
  EXPECT_THAT(bash_offers({"token", "create", "--"}), Not(Contains("--state")));
  EXPECT_THAT(bash_offers({"hosts", "--st"}), ElementsAre("--state"));
  EXPECT_THAT(bash_offers({"--pl"}), ElementsAre("--plain"));
}

TEST(Completion, BashOffersTheValuesOfAnOptionAndNotForText) {
  EXPECT_THAT(bash_offers({"hosts", "--state", ""}),
              ElementsAre("trusted", "warning", "failed", "stale", "unknown"));
  EXPECT_THAT(bash_offers({"hosts", "--state", "=", "fa"}), ElementsAre("failed"));
  EXPECT_THAT(bash_offers({"hosts", "--state", "="}), Contains("stale"));
  EXPECT_THAT(bash_offers({"restore", "x", "--name", ""}), IsEmpty());
}

TEST(Completion, BashTakesNoValueForACommand) {
  EXPECT_THAT(bash_offers({"--socket", "hosts", "token", ""}), ElementsAre("create", "list"));
  EXPECT_THAT(bash_offers({"--socket", "=", "hosts", "token", ""}), ElementsAre("create", "list"));
  EXPECT_THAT(bash_offers({"--json", "-q", "pending", "d"}), ElementsAre("deny"));
  EXPECT_THAT(bash_offers({"host", "token", ""}), IsEmpty()) << "a host that is called token";
}

TEST(Completion, BashOffersFilesWhereAFileIsWanted) {
  const TempFolder folder;
  quotemill::testing::write_file(folder / "policy.toml", as_bytes("x"));
  const std::string begin = folder / "pol";
  EXPECT_THAT(bash_offers({"policy", "check", begin}), ElementsAre(folder / "policy.toml"));
  EXPECT_THAT(bash_offers({"--socket", begin}), ElementsAre(folder / "policy.toml"));
}

TEST(Completion, FishOffersWhatBashDoes) {
  if (!have_program("fish")) {
    GTEST_SKIP() << "fish is not installed";
  }
  const TempFolder folder;
  const std::string script = script_file(folder, "fish");
  const auto offers = [&](const std::string& line) {
    // $HOME: fish writes there.
    const Finished done =
        run(Command{.arguments = {"fish", "--no-config", "-c",
                                  "source '" + script + "'; complete -C '" + line + "'"},
                    .environment = {{"HOME", folder.path()}}});
    EXPECT_TRUE(done.ok()) << done.output;
    Words words;
    for (const std::string& offer : lines_of(done.output)) {
      words.push_back(offer.substr(0, offer.find('\t')));
    }
    return words;
  };
  EXPECT_THAT(offers("quotemill ho"), ElementsAre("host", "hosts"));
  EXPECT_THAT(offers("quotemill --socket hosts token "), ElementsAre("create", "list"));
  EXPECT_THAT(offers("quotemill hosts --state f"), ElementsAre("failed"));
  EXPECT_THAT(offers("quotemill token create --"), IsSupersetOf({"--count", "--json"}));
}

// Each shell reads its script without running it.
class CompletionSyntax : public ::testing::TestWithParam<std::string> {};

TEST_P(CompletionSyntax, IsRight) {
  if (!have_program(GetParam())) {
    GTEST_SKIP() << GetParam() << " is not installed";
  }
  const TempFolder folder;
  const Finished done =
      run(Command{.arguments = {GetParam(), "-n", script_file(folder, GetParam())},
                  .environment = {{"HOME", folder.path()}}});
  EXPECT_TRUE(done.ok()) << done.output;
  EXPECT_EQ(done.output, "");
}

TEST_P(CompletionSyntax, StaysRightWithTextThatMeansSomethingToTheShell) {
  if (!have_program(GetParam())) {
    GTEST_SKIP() << GetParam() << " is not installed";
  }
  const std::string text = "it's [a:b] \\ \"$(false)` $x;";
  const CommandNode root{
      .name = "quotemill",
      .commands = {{.name = "do",
                    .what = text,
                    .options = {{.names = {"-x", "--xx"}, .value = "X:Y", .what = text}}}}};
  const TempFolder folder;
  const std::string file = folder / "script";
  quotemill::testing::write_file(file, as_bytes(completion_of(GetParam(), root).value()));
  const Finished done =
      run(Command{.arguments = {GetParam(), "-n", file}, .environment = {{"HOME", folder.path()}}});
  EXPECT_TRUE(done.ok()) << done.output;
}

INSTANTIATE_TEST_SUITE_P(Shells, CompletionSyntax, ::testing::ValuesIn(shells()),
                         [](const auto& shell) { return shell.param; });

TEST(Completion, IsOfThreeShells) {
  EXPECT_FALSE(completion_of("tcsh", {}).has_value());
  EXPECT_THAT(printed_by({"completion", "zsh"}), HasSubstr("#compdef quotemill\n"));
}

}  // namespace
}  // namespace quotemill::cli
