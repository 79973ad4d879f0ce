// What people type who mistook something, and what the daemon's verbs answer: through the command
// line, against the verbs themselves.
#include <sstream>

#include <gmock/gmock.h>

#include "deploy/quotemill/cli.h"
#include "tests/deploy/quotemilld/rollout_fixture.h"

namespace quotemill::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

class BadInputTest : public daemon::RolloutFixture {
 protected:
  void SetUp() override {
    RolloutFixture::SetUp();
    make_hosts(3);
    acts_before_ = store_.audit_head()->number;
  }

  // Whatever was refused has begun nothing, and nobody is said to have done anything.
  void TearDown() override {
    EXPECT_EQ(store_.audit_head()->number, acts_before_);
    EXPECT_EQ(runs_.status()["state"], "none");
    EXPECT_EQ(waves_.status()["state"], "none");
    RolloutFixture::TearDown();
  }

  Exit run(const std::vector<std::string>& arguments) {
    std::ostringstream out;
    std::ostringstream err;
    const Invocation invocation = parse_command_line(arguments, out, err);
    Exit exit = invocation.exit;
    if (invocation.command) {
      Session session(
          invocation.settings, {},
          [this](const std::string& verb, const Json& args, int) { return answer(verb, args); },
          {.out = out, .err = err});
      exit = invocation.command(session);
    }
    out_ = out.str();
    err_ = err.str();
    return exit;
  }

  transport::ControlAnswer answer(const std::string& verb, const Json& args) {
    transport::ControlOutcome outcome = verbs_.handle({verb, args});
    if (auto* const error = std::get_if<transport::ControlError>(&outcome)) {
      return *error;
    }
    return std::get<Json>(outcome);
  }

  // Exits with an error, and says why.
  void expect_refused(const std::vector<std::string>& arguments, const std::string& why,
                      Exit exit = Exit::kError) {
    SCOPED_TRACE(::testing::PrintToString(arguments));
    EXPECT_EQ(run(arguments), exit) << err_;
    EXPECT_THAT(err_, HasSubstr(why));
    EXPECT_THAT(out_, IsEmpty());
  }

  static std::vector<std::string> start(std::vector<std::string> more) {
    std::vector<std::string> all = {"rollout", "start", "r", "--from", "image", "--to", "image-2"};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }

  std::uint64_t acts_before_ = 0;
  std::string out_;
  std::string err_;
};

TEST_F(BadInputTest, ARolloutForNobodyIsRefused) {
  expect_refused(start({"--label", "env=none", "--for", "1h"}), "no host is in it");
  expect_refused(start({"--for", "1h"}), "is empty");
  expect_refused(start({"--host", "nosuch", "--for", "1h"}), "there is no host nosuch");
  EXPECT_THAT(policies_->rollouts(), IsEmpty());
}

TEST_F(BadInputTest, ARolloutThatWasOverBeforeItBeganIsRefused) {
  expect_refused(start({"--all", "--deadline", "2020-01-01"}), "its deadline is not in the future");
  expect_refused(start({"--all", "--for", "0s"}), "is no duration", Exit::kUsage);
  expect_refused(start({"--all", "--for", "1000d"}), "for_ms");
  expect_refused(start({"--all", "--wave", "none", "--for", "1h"}), "is no size of a wave");
}

TEST_F(BadInputTest, OverlappingRolloutsAreRefusedWithTheOneThatIsInTheWay) {
  ASSERT_EQ(run(start({"--host", "host-0", "--host", "host-1", "--for", "1h"})), Exit::kFine)
      << err_;
  acts_before_ = store_.audit_head()->number;
  std::vector<std::string> other = start({"--host", "host-2", "--host", "host-1", "--for", "1h"});
  other[2] = "other";
  expect_refused(other, "is in rollout r already");
  other = start({"--host", "host-2", "--host", "host-2", "--for", "1h"});
  other[2] = "other";
  expect_refused(other, "is in it twice");
  expect_refused(start({"--host", "host-2", "--for", "1h"}), "r was started before");
  EXPECT_EQ(policies_->rollouts().size(), 1U);
}

TEST_F(BadInputTest, SetsAndRolloutsThatAreNotThereAreRefused) {
  std::vector<std::string> arguments = start({"--all", "--for", "1h"});
  arguments[6] = "nosuch";
  expect_refused(arguments, "nosuch");
  for (const char* verb : {"status", "promote", "abort"}) {
    expect_refused({"rollout", verb, "nosuch"}, "there is no rollout nosuch");
  }
  expect_refused({"rollout", "extend", "nosuch", "--wave"}, "there is no rollout nosuch");
}

TEST_F(BadInputTest, AnExtensionThatGivesNothingIsRefused) {
  ASSERT_EQ(run(start({"--all", "--for", "1h"})), Exit::kFine) << err_;
  acts_before_ = store_.audit_head()->number;
  expect_refused({"rollout", "extend", "r"}, "give a later deadline, or open a wave");
  expect_refused({"rollout", "extend", "r", "--wave"}, "all waves are open");
  expect_refused({"rollout", "extend", "r", "--for", "30m"}, "not later than the one it has");
  expect_refused({"rollout", "extend", "r", "--deadline", "2020-01-01"}, "not in the future");
}

TEST_F(BadInputTest, AChallengeToNobodyIsRefused) {
  expect_refused({"reattest", "nosuch"}, "there is no host nosuch");
  expect_refused({"reattest", "env=none"}, "none is selected");
  expect_refused({"reattest", "rack:12", "--rate", "5"}, "rack:12");
  expect_refused({"reattest"}, "name the hosts to ask", Exit::kUsage);
  expect_refused({"reattest", "--all", "host-0", "--rate", "5"}, "say which hosts", Exit::kUsage);
}

TEST_F(BadInputTest, AChallengeThatCannotBeMadeInItsTimeIsRefused) {
  expect_refused({"reattest", "host-*", "--rate", "1", "--deadline", "2s"},
                 "it takes 3 s to ask 3 hosts at this rate");
  expect_refused({"reattest", "host-*", "--rate", "fast"}, "'fast' is no rate", Exit::kUsage);
  expect_refused({"reattest", "host-*", "--deadline", "soon"}, "'soon' is no duration",
                 Exit::kUsage);
}

TEST_F(BadInputTest, AReappraisalOfNobodyOrNothingIsRefused) {
  expect_refused({"reappraise", "--hosts", "env=none"}, "none is selected");
  expect_refused({"reappraise", "--hosts", "rack:12"}, "rack:12");
  expect_refused({"reappraise", "--hosts", "env=none", "--dry-run"}, "none is selected");
  expect_refused({"reappraise", "--resume"}, "none is interrupted");
  expect_refused({"reappraise", "--stop"}, "none is running");
  expect_refused({"reappraise", "--policy", "/nosuch.toml", "--dry-run"}, "/nosuch.toml");
}

TEST_F(BadInputTest, WhatIsMinedOfNothingIsRefused) {
  expect_refused({"mine", "--pcr", "99"}, "pcrs");
  expect_refused({"mine", "promote", "nosuch", "--as", "x"}, "there is no group nosuch");
  expect_refused({"mine", "promote", "nosuch"}, "--as", Exit::kUsage);
}

}  // namespace
}  // namespace quotemill::cli
