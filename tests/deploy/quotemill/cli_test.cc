#include "deploy/quotemill/cli.h"

#include <sstream>

#include <gtest/gtest.h>

namespace quotemill::cli {
namespace {

struct Parsed {
  Invocation invocation;
  std::string out;
  std::string err;
};

Parsed parse(const std::vector<std::string>& arguments) {
  std::ostringstream out;
  std::ostringstream err;
  Invocation invocation = parse_command_line(arguments, out, err);
  return {std::move(invocation), out.str(), err.str()};
}

// The verb and arguments that a command line sends to the daemon first.
std::pair<std::string, Json> first_request(const std::vector<std::string>& arguments) {
  const Parsed parsed = parse(arguments);
  EXPECT_TRUE(parsed.invocation.command) << parsed.err;
  std::pair<std::string, Json> request;
  std::ostringstream out;
  std::ostringstream err;
  Session session(parsed.invocation.settings, {},
                  [&](const std::string& verb, const Json& args, int) -> transport::ControlAnswer {
                    request = {verb, args};
                    return transport::ControlError{ErrorCode::kBusy, "enough", {}};
                  },
                  {.out = out, .err = err});
  parsed.invocation.command(session);
  return request;
}

TEST(Cli, SendsWhatIsAskedFor) {
  EXPECT_EQ(first_request({"status"}).first, "status");
  EXPECT_EQ(first_request({"hosts", "--state", "failed"}).second["state"], "failed");
  EXPECT_EQ(first_request({"host", "web"}).second["host"], "web");
  EXPECT_EQ(first_request({"history", "web", "--limit", "5"}).second["limit"], 5);
  EXPECT_EQ(first_request({"watch", "--from", "7"}).second["from"], 7);
  EXPECT_EQ(first_request({"watch"}).first, "status");
  EXPECT_EQ(first_request({"reattest", "a", "b"}).second["hosts"], Json({"a", "b"}));
  EXPECT_EQ(first_request({"reattest", "--all"}).second["all"], true);
  EXPECT_EQ(first_request({"baseline", "list"}).first, "baseline.list");
  EXPECT_EQ(first_request({"pending", "deny", "x"}).first, "pending.deny");
  EXPECT_EQ(first_request({"retire", "x"}).first, "retire");
  EXPECT_TRUE(parse({"import", "hosts.jsonl", "--dry-run"}).invocation.command);
  EXPECT_EQ(parse({"import"}).invocation.exit, Exit::kUsage);
  EXPECT_EQ(first_request({"hosts", "--retired"}).first, "hosts.ended");
  EXPECT_EQ(first_request({"restore", "x", "--name", "y"}).second["name"], "y");
  const auto capture = first_request({"baseline", "capture", "web", "--name", "golden"});
  EXPECT_EQ(capture.first, "baseline.capture.check");
  EXPECT_EQ(capture.second["host"], "web");
  EXPECT_EQ(capture.second["name"], "golden");
  EXPECT_EQ(first_request({"baseline", "show", "shim@3"}).second["version"], 3);
  EXPECT_EQ(first_request({"baseline", "show", "shim"}).second["version"], 0);
  EXPECT_EQ(first_request({"baseline", "diff", "shim@1", "grub"}).second["to"], "grub");
  EXPECT_EQ(first_request({"baseline", "retire", "shim@1"}).first, "baseline.retire.check");
  EXPECT_EQ(first_request({"baseline", "export", "shim@1"}).first, "baseline.export");
  EXPECT_EQ(first_request({"baseline", "show", "shim@x"}).first, "") << "nobody is asked";
  const auto token = first_request({"token", "create", "--count", "5", "--ttl", "30m"});
  EXPECT_EQ(token.second["count"], 5);
  EXPECT_EQ(token.second["ttl_ms"], 1'800'000);
  const auto approve = first_request({"pending", "approve", "x", "--name", "web-2"});
  EXPECT_EQ(approve.second["name"], "web-2");
}

// A flag that a command took, and then changed something all the same, would be the worst of all.
TEST(Cli, EveryCommandThatChangesSomethingHasADryRunAndOthersHaveNone) {
  for (const std::vector<std::string>& change :
       {std::vector<std::string>{"reattest", "--all"}, std::vector<std::string>{"retire", "x"},
        std::vector<std::string>{"restore", "x"},
        std::vector<std::string>{"baseline", "capture", "x", "--name", "y"},
        std::vector<std::string>{"baseline", "retire", "x"},
        std::vector<std::string>{"token", "create"},
        std::vector<std::string>{"pending", "approve", "x"},
        std::vector<std::string>{"pending", "deny", "x"}}) {
    // Those that may hit many hosts ask first whom.
    std::string verb = first_request(change).first;
    verb = verb.substr(0, verb.find(".check"));
    std::vector<std::string> dry = change;
    dry.emplace_back("--dry-run");
    EXPECT_EQ(first_request(dry).first, verb + ".check");
    dry.back() = "-n";
    EXPECT_EQ(first_request(dry).first, verb + ".check");
  }
  for (const char* question : {"status", "hosts", "watch"}) {
    EXPECT_EQ(parse({question, "--dry-run"}).invocation.exit, Exit::kUsage);
  }
}

TEST(Cli, TakesGlobalOptionsAnywhere) {
  for (const std::vector<std::string>& arguments :
       {std::vector<std::string>{"--socket", "/s", "--json", "hosts"},
        std::vector<std::string>{"hosts", "--json", "--socket", "/s"}}) {
    const Parsed parsed = parse(arguments);
    EXPECT_EQ(parsed.invocation.settings.socket, "/s");
    EXPECT_TRUE(parsed.invocation.settings.json);
  }
  EXPECT_EQ(parse({"hosts"}).invocation.settings.socket, "/run/quotemill/control.sock");
}

TEST(Cli, SaysWhatWouldBeRight) {
  const std::vector<std::vector<std::string>> wrong = {
      {},
      {"hots"},
      {"host"},
      {"hosts", "--state", "happy"},
      {"token", "create", "--ttl", "soon"},
      {"token", "create", "--count", "0"},
      {"history", "web", "--limit", "0"},
      {"baseline", "capture", "web"},
      {"baseline"},
      {"hosts", "--nonsense"},
      {"watch", "--from", "x"},
      {"watch", "--from", "-1"},
      {"token", "create", "--ttl", "99999d"},
      {"hosts", "--json", "--plain"},
      {"hosts", "-q", "-v"},
  };
  for (const auto& arguments : wrong) {
    const Parsed parsed = parse(arguments);
    EXPECT_FALSE(parsed.invocation.command);
    EXPECT_EQ(parsed.invocation.exit, Exit::kUsage);
    EXPECT_EQ(parsed.err.rfind("quotemill: ", 0), 0U) << parsed.err;
    EXPECT_TRUE(parsed.out.empty());
  }
  EXPECT_NE(parse({"hots"}).err.find("did you mean: quotemill hosts"), std::string::npos);
  EXPECT_NE(parse({"policy", "chek", "f"}).err.find("did you mean: quotemill policy check"),
            std::string::npos);
  for (const char* flag :
       {"--plain", "--json", "--quiet", "-q", "--verbose", "-v", "--yes", "-y", "--no-color"}) {
    EXPECT_NE(parse({flag, "hots"}).err.find("did you mean: quotemill hosts"), std::string::npos)
        << flag;
  }
  for (const std::vector<std::string>& before : {std::vector<std::string>{"--socket", "hosts"},
                                                 std::vector<std::string>{"--socket=hosts"}}) {
    std::vector<std::string> arguments = before;
    arguments.emplace_back("hots");
    EXPECT_NE(parse(arguments).err.find("did you mean: quotemill hosts"), std::string::npos);
  }
  EXPECT_EQ(parse({"mann"}).err.find("quotemill man\n"), std::string::npos) << "man is hidden";
  EXPECT_EQ(parse({"--scket", "x", "hosts"}).err.find("no command"), std::string::npos);
  EXPECT_EQ(parse({"x\x1b[2J"}).err.find('\x1b'), std::string::npos);
}

TEST(Cli, HelpBeginsWithExamples) {
  for (const auto& arguments :
       {std::vector<std::string>{"--help"}, std::vector<std::string>{"token", "create", "--help"},
        std::vector<std::string>{"watch", "--help"}}) {
    const Parsed parsed = parse(arguments);
    EXPECT_EQ(parsed.invocation.exit, Exit::kFine);
    EXPECT_FALSE(parsed.invocation.command);
    EXPECT_LT(parsed.out.find("Examples:"), parsed.out.find("\n\nUsage:")) << parsed.out;
  }
  EXPECT_EQ(parse({"--version"}).invocation.exit, Exit::kFine);
}

}  // namespace
}  // namespace quotemill::cli
