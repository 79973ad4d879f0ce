// Changes of which the daemon counts first whom they hit.
#include "deploy/quotemill/commands/blast_report.h"

#include <csignal>

#include <gmock/gmock.h>

#include "tests/deploy/quotemill/commands_fixture.h"

namespace quotemill::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using transport::ControlAnswer;
using transport::ControlError;

Json counted(const std::string& state, int number = 4) {
  return {{"preview", number}, {"state", state},       {"hosts", 1'000'000},
          {"done", 250'000},   {"per_second", 50'000}, {"remaining_ms", 15'000}};
}

Json told() {
  return {{"blast",
           {{"looked_at", 3},
            {"judged", 9},
            {"worse", 2},
            {"better", 1},
            {"old_evidence", 0},
            {"no_evidence", 0},
            {"errors", 0},
            {"groups", Json::array()}}}};
}

class BlastReportTest : public CommandsTest {
 protected:
  std::vector<std::string> verbs() {
    std::vector<std::string> verbs;
    for (const Json& request : requests_) {
      verbs.push_back(request["verb"]);
    }
    return verbs;
  }
};

TEST_F(BlastReportTest, FollowsWhatIsCountedAndThenAsksAgain) {
  in_.emplace("");
  answers_ = {counted("running"), counted("running"), counted("done"), told(), told()};
  Session session = this->session();
  EXPECT_TRUE(change_with_blast(session, "policy.apply", {{"texts", {"x"}}}));
  EXPECT_THAT(verbs(), ElementsAre("policy.apply.check", "preview.status", "preview.status",
                                   "policy.apply.check", "policy.apply"));
  EXPECT_EQ(requests_[3]["args"], requests_[0]["args"]) << "the very same is asked for";
  EXPECT_EQ(requests_[4]["args"], requests_[0]["args"]);
  EXPECT_THAT(err_.str(), HasSubstr("250000 of 1000000 hosts looked at, 16 s left"));
  EXPECT_THAT(out_.str(), HasSubstr("2 get worse"));
}

TEST_F(BlastReportTest, WhoScriptsItWaitsLikewise) {
  answers_ = {counted("running"), counted("done"), told()};
  Session session = this->session({.json = true});
  EXPECT_TRUE(change_with_blast(session, "policy.apply", Json::object()));
  EXPECT_THAT(verbs(), ElementsAre("policy.apply", "preview.status", "policy.apply"));
  EXPECT_EQ(err_.str(), "");
}

TEST_F(BlastReportTest, SaysThatNothingWasChangedIfItWasNotCountedToTheEnd) {
  answers_ = {counted("running"), counted("abandoned")};
  Session session = this->session({.json = true});
  EXPECT_FALSE(change_with_blast(session, "policy.apply", Json::object()));
  EXPECT_EQ(session.exit(), Exit::kError);
  EXPECT_THAT(err_.str(), HasSubstr("nothing was changed"));
  EXPECT_THAT(verbs(), ElementsAre("policy.apply", "preview.status")) << "and asks for nothing";
}

TEST_F(BlastReportTest, AnotherCountInItsPlaceIsNotTakenForIt) {
  answers_ = {counted("running"), counted("done", 5)};
  Session session = this->session({.json = true});
  EXPECT_FALSE(change_with_blast(session, "policy.apply", Json::object()));
  EXPECT_EQ(session.exit(), Exit::kError);
}

TEST_F(BlastReportTest, DoesNotFollowForEverWhatIsCountedAnew) {
  answers_ = {counted("running"), counted("done"), counted("running", 5)};
  Session session = this->session({.json = true});
  EXPECT_FALSE(change_with_blast(session, "policy.apply", Json::object()));
  EXPECT_THAT(err_.str(), HasSubstr("nothing was changed"));
}

TEST_F(BlastReportTest, CtrlCStopsTheCountAndChangesNothing) {
  std::vector<std::string> asked;
  Session session({.json = true}, {},
                  [&](const std::string& verb, const Json&, int) -> ControlAnswer {
                    asked.push_back(verb);
                    if (verb == "preview.status") {
                      (void)raise(SIGINT);
                    }
                    return counted("running");
                  },
                  {.out = out_, .err = err_});
  EXPECT_FALSE(change_with_blast(session, "policy.apply", Json::object()));
  EXPECT_THAT(asked, ElementsAre("policy.apply", "preview.status", "preview.stop"));
  EXPECT_EQ(session.exit(), Exit::kInterrupted);
  EXPECT_THAT(err_.str(), HasSubstr("nothing was changed"));
}

}  // namespace
}  // namespace quotemill::cli
