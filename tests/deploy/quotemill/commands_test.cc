#include "deploy/quotemill/commands/commands.h"

#include <sstream>

#include <gmock/gmock.h>

#include "tests/deploy/quotemill/commands_fixture.h"
#include "tests/support/temp_folder.h"

namespace quotemill::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using transport::ControlAnswer;
using transport::ControlError;

TEST_F(CommandsTest, HostsArePutTogetherFromPages) {
  answers_ = {Json{{"hosts", {row("a", "trusted")}}, {"next", "a"}},
              Json{{"hosts", {row("b", "trusted")}}, {"next", nullptr}}};
  Session session = this->session();
  EXPECT_EQ(run_hosts(session, {}), Exit::kFine);
  EXPECT_EQ(requests_[1]["args"]["after"], "a");
  // The state is the second word of a line: scripts rely on it.
  EXPECT_NE(out_.str().find("\na     trusted  "), std::string::npos) << out_.str();
  EXPECT_NE(out_.str().find("\nb     trusted  "), std::string::npos) << out_.str();
}

TEST_F(CommandsTest, ExitTellsTheWorstState) {
  const std::vector<std::pair<std::vector<std::string>, Exit>> cases = {
      {{"trusted", "warning"}, Exit::kFine},
      {{"trusted", "stale"}, Exit::kUnproven},
      {{"unknown"}, Exit::kUnproven},
      {{"stale", "failed"}, Exit::kFailed},
      {{}, Exit::kFine}};
  for (const auto& [states, wanted] : cases) {
    Json rows = Json::array();
    for (const std::string& state : states) {
      rows.push_back(row("h", state));
    }
    answers_ = {Json{{"hosts", rows}, {"next", nullptr}}};
    Session session = this->session();
    EXPECT_EQ(run_hosts(session, {}), wanted);
  }
  answers_ = {row("h", "failed")};
  Session session = this->session();
  EXPECT_EQ(run_host(session, {.host = "h"}), Exit::kFailed);
}

TEST_F(CommandsTest, HistoryShowsARunInOneLine) {
  const Json run = {{"seq", 730},
                    {"time", "2026-11-24T12:59:58.000Z"},
                    {"state", "trusted"},
                    {"nonce", "preissued"},
                    {"findings", Json::array()},
                    {"run",
                     {{"count", 720},
                      {"interactive", 45},
                      {"longest_gap_ms", 5001},
                      {"first", {{"seq", 11}, {"time", "2026-11-24T12:00:05.000Z"}}}}}};
  Json alone = run;
  alone["seq"] = 10;
  alone["run"] = nullptr;
  answers_ = {Json{{"appraisals", {run, alone}}, {"next", 10}}};
  Session session = this->session();
  EXPECT_EQ(run_history(session, {.host = "web"}), Exit::kFine);
  EXPECT_NE(out_.str().find("11-730  2026-11-24T12:00:05Z  2026-11-24T12:59:58Z  trusted  720    6s"
                            "   mixed"),
            std::string::npos)
      << out_.str();
  EXPECT_NE(out_.str().find("10      2026-11-24T12:59:58Z  -                     trusted  1      -"
                            "    preissued"),
            std::string::npos)
      << out_.str();
  EXPECT_NE(err_.str().find("--before 10"), std::string::npos);
}

TEST_F(CommandsTest, ErrorsSayWhatToDoAndHaveTheirExit) {
  const std::vector<std::pair<ControlError, Exit>> cases = {
      {{ErrorCode::kIo, "daemon unreachable", "is quotemilld running?", true}, Exit::kUnreachable},
      {{ErrorCode::kDenied, "you may not", "become root"}, Exit::kDenied},
      {{ErrorCode::kNotFound, "there is no host x\x1b", "did you mean y?"}, Exit::kError}};
  for (const auto& [error, wanted] : cases) {
    answers_ = {error};
    Session session = this->session();
    EXPECT_EQ(run_host(session, {.host = "x"}), wanted);
    EXPECT_NE(err_.str().find("  " + error.hint), std::string::npos) << err_.str();
  }
  EXPECT_TRUE(out_.str().empty());
  expect_clean();
}

TEST_F(CommandsTest, Cve2022_23949_HostileTextOfADaemonStaysOnItsLine) {
  const std::string hostile = "evil\x1b[2J\r\n\x07web-01  trusted\xff";
  Json host = row(hostile, "failed");
  host["why"] = {{"code", hostile}, {"message", hostile}};
  host["findings"] = {
      {{"severity", hostile}, {"code", hostile}, {"message", hostile}, {"remedy", hostile}}};
  host["facts"] = {{"os_id", hostile}, {"kernel", hostile}, {"vendor", hostile}};
  host["identity"] = {{"note", hostile}, {"admitted_by", hostile}};
  host["boot"] = {{"log", {{"events", hostile}}}};
  host["evidence"] = hostile;
  answers_ = {Json{{"hosts", {host}}, {"next", nullptr}}, host};
  Session session = this->session();
  run_hosts(session, {});
  EXPECT_EQ(std::count(out_.view().begin(), out_.view().end(), '\n'), 2);
  run_host(session, {.host = hostile});
  expect_clean();
}

TEST_F(CommandsTest, SurvivesAnswersOfAnotherShape) {
  for (const Json& answer :
       {Json(nullptr), Json("text"), Json::array(), Json{{"hosts", 3}}, Json{{"hosts", {1, 2}}},
        Json{{"findings", "x"}}, Json{{"appraisals", {{{"findings", 3}}}}}}) {
    Session session = this->session();
    answers_ = {answer};
    run_hosts(session, {});
    answers_ = {answer};
    run_host(session, {.host = "x"});
    answers_ = {answer};
    run_history(session, {.host = "x"});
    answers_ = {answer};
    run_status(session);
    answers_ = {answer};
    run_baseline_list(session);
    answers_ = {answer};
    run_pending_list(session);
    answers_ = {answer, answer};
    run_watch(session, {.is_endless = false});
  }
  expect_clean();
}

TEST_F(CommandsTest, JsonIsTheDaemonsAnswer) {
  answers_ = {Json{{"hosts", {row("a", "failed")}}, {"next", nullptr}}};
  Session session = this->session({.json = true});
  EXPECT_EQ(run_hosts(session, {}), Exit::kFailed);
  const std::optional<Json> printed = transport::parse_json(out_.str());
  ASSERT_TRUE(printed) << out_.str();
  EXPECT_EQ((*printed)["hosts"][0]["name"], "a");
}

TEST_F(CommandsTest, JsonTellsItsFormatAndKeepsTheAnswersOwnVersion) {
  answers_ = {Json{{"name", "golden"}, {"version", 7}}, Json(nullptr)};
  Session session = this->session({.json = true});
  EXPECT_EQ(run_baseline_capture(session, {.host = "a", .name = "golden"}), Exit::kFine);
  EXPECT_EQ(out_.str(), "{\"format_version\":2,\"name\":\"golden\",\"version\":7}\n");
  out_.str({});
  run_baseline_list(session);
  EXPECT_EQ(out_.str(), "{\"format_version\":2,\"answer\":null}\n");
}

TEST_F(CommandsTest, PlainListsAreRecordsAndOtherAnswersAreFields) {
  Json failed = row("a", "failed");
  failed["since"] = "2026-11-24T03:31:09.123Z";
  answers_ = {Json{{"hosts", {failed, row("b", "trusted")}}, {"next", nullptr}}, failed,
              Json{{"name", "a"}, {"uuid", "00"}, {"life_cycle", "retired"}},
              Json{{"asked", 2}, {"not_connected", 0}}, Json{{"hosts", {{"total", 3}}}}};
  Session session = this->session({.is_plain = true}, kPlainStyle);
  const auto printed_by = [this](Exit exit, Exit wanted) {
    EXPECT_EQ(exit, wanted);
    std::string text = out_.str();
    out_.str({});
    return text;
  };
  EXPECT_EQ(printed_by(run_hosts(session, {}), Exit::kFailed),
            "a\tfailed\t2026-11-24T03:31:09Z\t-\tquote.signature: bad\nb\ttrusted\t-\t-\t-\n");
  const std::string host = printed_by(run_host(session, {.host = "a"}), Exit::kFailed);
  EXPECT_NE(host.find("why.code\tquote.signature\n"), std::string::npos) << host;
  EXPECT_EQ(printed_by(run_retire(session, "a"), Exit::kFine),
            "name\ta\nuuid\t00\nlife_cycle\tretired\n");
  EXPECT_EQ(printed_by(run_reattest(session, {.is_all = true}), Exit::kFine),
            "asked\t2\nnot_connected\t0\n");
  EXPECT_EQ(printed_by(run_status(session), Exit::kFine), "hosts.total\t3\n");
}

TEST_F(CommandsTest, PlainWatchIsARecordForEachChange) {
  const Json change = {{"seq", 7},        {"host", {{"name", "w\teb"}}}, {"prev", "trusted"},
                       {"new", "failed"}, {"reasons", Json::array()},    {"time", "2026-11-24"}};
  answers_ = {Json{{"changes", {change}}, {"next", 8}}, Json{{"changes", Json::array()}}};
  Session session = this->session({.is_plain = true}, kPlainStyle);
  run_watch(session, {.from = 7, .is_endless = false});
  EXPECT_EQ(out_.str(), "7\t2026-11-24\tw\\x09eb\ttrusted\tfailed\t-\t-\n");
}

TEST_F(CommandsTest, WatchPrintsEventsAsTheyLeaveOnTheStream) {
  const Json change = {{"seq", 7},        {"host", {{"name", "web"}}}, {"prev", "trusted"},
                       {"new", "failed"}, {"reasons", Json::array()},  {"time", nullptr}};
  answers_ = {Json{{"store", {{"last_change", 6}}}}, Json{{"changes", {change}}, {"next", 8}},
              Json{{"changes", Json::array()}, {"next", 8}}};
  Session session = this->session();
  EXPECT_EQ(run_watch(session, {.is_endless = false}), Exit::kFine);
  EXPECT_EQ(requests_[1]["args"]["from"], 7);
  EXPECT_EQ(requests_[2]["args"]["from"], 8);
  EXPECT_EQ(out_.str(), transport::to_line(change) + "\n");
}

TEST_F(CommandsTest, WatchIsASentenceOnATerminal) {
  const Json change = {{"host", {{"name", "web"}}},
                       {"prev", "trusted"},
                       {"new", "failed"},
                       {"reasons", {{{"code", "quote.signature"}, {"message", "bad"}}}},
                       {"time", "2026-11-24T03:31:09.123Z"}};
  answers_ = {Json{{"changes", {change}}, {"next", 8}}, Json{{"changes", Json::array()}}};
  Style terminal;
  terminal.width = 80;
  Session session = this->session({}, terminal);
  run_watch(session, {.from = 7, .is_endless = false});
  EXPECT_EQ(out_.str(), "2026-11-24T03:31:09Z  web  trusted -> failed  quote.signature: bad\n");
}

TEST_F(CommandsTest, StatusShowsWhatTheEndpointsCountedAndLeavesOutTheZeros) {
  answers_ = {Json{{"endpoints",
                    {{"attest", {{"received", 12}, {"malformed", 0}, {"expired", 3}}},
                     {"door", {{"requests", 0}}}}}}};
  Session session = this->session();
  run_status(session);
  EXPECT_NE(out_.str().find("attest     received 12, expired 3\n"), std::string::npos)
      << out_.str();
  EXPECT_NE(out_.str().find("door       nothing yet\n"), std::string::npos) << out_.str();
}

TEST_F(CommandsTest, TokenIsAloneOnStandardOutput) {
  answers_ = {Json{{"token", "qmt_1234"}, {"uses_left", 5}, {"expires", nullptr}}};
  Session session = this->session();
  EXPECT_EQ(run_token_create(session, {}), Exit::kFine);
  EXPECT_EQ(out_.str(), "qmt_1234\n");
  EXPECT_NE(err_.str().find("good for 5 hosts"), std::string::npos);
}

TEST_F(CommandsTest, VerboseTellsEveryRequestOnStandardError) {
  answers_ = {Json{{"store", {{"last_change", 6}}}},
              ControlError{ErrorCode::kNotFound, "gone", {}}};
  Session session = this->session({.socket = "/s", .json = true, .is_verbose = true});
  run_watch(session, {.is_endless = false});
  EXPECT_THAT(err_.str(), MatchesRegex("quotemill: asked status at /s: answer after [0-9]+ ms\n"
                                       "quotemill: asked changes at /s: error after [0-9]+ ms\n"
                                       "quotemill: gone\n"));
  EXPECT_EQ(out_.str(), "");
}

TEST_F(CommandsTest, PolicyCheckTellsEveryMistake) {
  const quotemill::testing::TempFolder folder;
  const std::string good = folder / "good.toml";
  const std::string bad = folder / "bad.toml";
  quotemill::testing::write_file(good, as_bytes("[policy]\nid = \"x\"\n"));
  quotemill::testing::write_file(bad, as_bytes("[policy]\nidd = \"x\"\n[boot]\nlog = \"maybe\"\n"));
  Session session = this->session();
  EXPECT_EQ(run_policy_check(session, {good}), Exit::kFine);
  EXPECT_NE(out_.str().find("policy x version 1 is valid"), std::string::npos) << out_.str();
  EXPECT_EQ(run_policy_check(session, {bad}), Exit::kError);
  EXPECT_NE(err_.str().find("bad.toml:2:"), std::string::npos) << err_.str();
  EXPECT_NE(err_.str().find("bad.toml:4:"), std::string::npos) << err_.str();
  EXPECT_EQ(run_policy_check(session, {(folder / "absent.toml").string()}), Exit::kError);
  EXPECT_EQ(run_policy_check(session, {folder.path().string()}), Exit::kError);
}

}  // namespace
}  // namespace quotemill::cli
