// The commands that change something: the question first, and the dry run.
#include <functional>
#include <utility>

#include <gmock/gmock.h>

#include "deploy/quotemill/commands/commands.h"
#include "tests/deploy/quotemill/commands_fixture.h"

namespace quotemill::cli {
namespace {

using ::testing::HasSubstr;
using transport::ControlError;

class ActionsTest : public CommandsTest {};

TEST_F(ActionsTest, ReattestNamesHostsThatCouldNotBeAsked) {
  answers_ = {Json{{"asked", 1}, {"not_connected", 1}, {"not_connected_names", {"b"}}}};
  Session session = this->session();
  EXPECT_EQ(run_reattest(session, {.hosts = {"a", "b"}}), Exit::kFine);
  EXPECT_NE(err_.str().find("1 not connected: b"), std::string::npos);
  EXPECT_EQ(run_reattest(session, {}), Exit::kUsage);
}

// What changes much at once, with the question that comes first.
const std::vector<std::pair<std::string, std::function<Exit(Session&)>>>& grave_commands() {
  static const std::vector<std::pair<std::string, std::function<Exit(Session&)>>> all = {
      {"Retire web-01? ", [](Session& session) { return run_retire(session, "web-01"); }},
      {"Deny web-01 ", [](Session& session) { return run_pending_deny(session, "web-01"); }},
      {"Challenge all hosts ",
       [](Session& session) { return run_reattest(session, {.is_all = true}); }}};
  return all;
}

TEST_F(ActionsTest, AsksBeforeWhatIsGraveAndChangesNothingAfterANo) {
  for (const auto& [question, run] : grave_commands()) {
    for (const char* typed : {"n\n", "\n", "", "yesterday\n", "no"}) {
      in_.emplace(typed);
      err_.str({});
      Session session = this->session();
      EXPECT_EQ(run(session), Exit::kError);
      EXPECT_EQ(err_.str().rfind(question, 0), 0U) << err_.str();
      EXPECT_THAT(err_.str(), HasSubstr("[y/N] "));
      EXPECT_THAT(err_.str(), HasSubstr("nothing was changed\n"));
    }
  }
  EXPECT_TRUE(requests_.empty());
  EXPECT_EQ(out_.str(), "");
}

TEST_F(ActionsTest, GoesOnAfterAYesOrWithTheFlagOrWithNobodyToAsk) {
  struct Case {
    const char* typed;  // null: nobody is there
    bool is_confirmed;
    bool is_asked;
  };

  for (const auto& [question, run] : grave_commands()) {
    for (const Case& c : {Case{"y\n", false, true}, Case{"yes\n", false, true},
                          Case{"n\n", true, false}, Case{nullptr, false, false}}) {
      in_.reset();
      if (c.typed != nullptr) {
        in_.emplace(c.typed);
      }
      err_.str({});
      requests_.clear();
      answers_ = {Json{{"asked", 1}, {"not_connected", 0}}};
      Session session = this->session({.is_confirmed = c.is_confirmed});
      EXPECT_EQ(run(session), Exit::kFine) << question;
      EXPECT_EQ(requests_.size(), 1U);
      EXPECT_EQ(err_.str().find("[y/N]") != std::string::npos, c.is_asked) << err_.str();
    }
  }
}

TEST_F(ActionsTest, QuestionsAreOnOneLineWhateverTheHostIsCalled) {
  in_.emplace("n\n");
  Session session = this->session();
  run_retire(session, "x\x1b[2J\ny");
  expect_clean();
}

TEST_F(ActionsTest, ReattestOfNamedHostsIsNotAsked) {
  in_.emplace("n\n");
  answers_ = {Json{{"asked", 1}, {"not_connected", 0}}};
  Session session = this->session();
  EXPECT_EQ(run_reattest(session, {.hosts = {"a"}}), Exit::kFine);
  EXPECT_EQ(err_.str(), "");
}

TEST_F(ActionsTest, AnAcknowledgementSaysWhatWasSeenIfItIsTold) {
  const Json answer = {{"name", "web"}, {"state", "trusted"}, {"acknowledged", Json::array()}};
  answers_ = {answer, answer};
  Session session = this->session();
  EXPECT_EQ(run_acknowledge(session, {.host = "web", .seen = 42}), Exit::kFine);
  EXPECT_EQ(run_acknowledge(session, {.host = "web"}), Exit::kFine);
  EXPECT_EQ(requests_[0]["args"]["seen"], 42);
  EXPECT_FALSE(requests_[1]["args"].contains("seen"));
}

TEST_F(ActionsTest, ADryRunAsksForTheCheckAndSaysWhatWouldBe) {
  const Json row = {{"dry_run", true}, {"name", "web"}, {"uuid", "00"}, {"life_cycle", "x"}};

  struct Case {
    std::string verb;
    std::function<Exit(Session&)> run;
    Json answer;
    std::string out;
  };

  const std::vector<Case> cases = {
      {"retire.check", [](Session& s) { return run_retire(s, "web"); }, row,
       "would retire web (00)\n"},
      {"restore.check", [](Session& s) { return run_restore(s, {.host = "web"}); }, row,
       "would restore web (00)\n"},
      {"pending.approve.check", [](Session& s) { return run_pending_approve(s, {.host = "web"}); },
       row, "would approve web (00)\n"},
      {"pending.deny.check", [](Session& s) { return run_pending_deny(s, "web"); }, row,
       "would deny web (00)\n"},
      {"reattest.check", [](Session& s) { return run_reattest(s, {.is_all = true}); },
       Json{{"hosts", 3}}, "would ask 3\n"},
      {"baseline.capture.check",
       [](Session& s) { return run_baseline_capture(s, {.host = "web", .name = "g"}); },
       Json{{"name", "g"},
            {"version", 2},
            {"events", 9},
            {"source", {{"name", "web"}}},
            {"source_state", "trusted"}},
       "would capture g version 2: 9 events of web\n"},
      {"token.create.check", [](Session& s) { return run_token_create(s, {}); },
       Json{{"uses_left", 5}, {"expires", "2026-11-24"}},
       "would make a token for 5 hosts until 2026-11-24\n"},
  };
  in_.emplace("n\n");  // nobody is asked
  for (const Case& c : cases) {
    answers_ = {c.answer};
    requests_.clear();
    out_.str({});
    Session session = this->session({.is_dry_run = true});
    EXPECT_EQ(c.run(session), Exit::kFine);
    ASSERT_EQ(requests_.size(), 1U);
    EXPECT_EQ(requests_[0]["verb"], c.verb);
    EXPECT_EQ(out_.str(), c.out);
  }
  EXPECT_EQ(err_.str(), "");
}

TEST_F(ActionsTest, ADryRunEndsAsTheRunWould) {
  answers_ = {ControlError{ErrorCode::kConflict, "the name is taken", {}}, Json{{"hosts", 0}}};
  Session session = this->session({.is_dry_run = true});
  EXPECT_EQ(run_retire(session, "web"), Exit::kError);
  EXPECT_EQ(run_reattest(session, {.is_all = true}), Exit::kUnproven);
}

}  // namespace
}  // namespace quotemill::cli
