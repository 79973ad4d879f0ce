// Changes whose hosts are counted in the background first: as of a large fleet.
#include <thread>

#include <gmock/gmock.h>

#include "tests/deploy/quotemilld/attesting_fixture.h"

namespace quotemill::daemon {
namespace {

using transport::ControlOutcome;
using transport::Json;

std::string harsh(int version) {
  return "[policy]\nid = \"default\"\nversion = " + std::to_string(version) +
         "\n[boot]\nno_baseline = \"fail\"\n";
}

class OperatorPreviewTest : public AttestingFixture {
 protected:
  // Nothing is answered at once.
  OperatorPreviewTest() {
    OperatorParts impatient = parts();
    impatient.pace.at_once = std::chrono::milliseconds(0);
    slow_ = std::make_unique<OperatorVerbs>(std::move(impatient));
  }

  ControlOutcome once(const std::string& verb, const Json& args) {
    return slow_->handle({verb, args});
  }

  static bool is_put_off(const ControlOutcome& outcome) {
    const auto* const json = std::get_if<Json>(&outcome);
    return json != nullptr && json->contains("preview");
  }

  // As the command line tool does.
  ControlOutcome followed(const std::string& verb, const Json& args) {
    ControlOutcome outcome = once(verb, args);
    while (is_put_off(outcome)) {
      ++times_put_off_;
      while (std::get<Json>(once("preview.status", Json::object()))["state"] == "running") {
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
      }
      outcome = once(verb, args);
    }
    return outcome;
  }

  [[nodiscard]] std::int64_t version() const {
    return policies_->current()->find("default")->policy().version;
  }

  std::unique_ptr<OperatorVerbs> slow_;
  int times_put_off_ = 0;
};

TEST_F(OperatorPreviewTest, Hostile_NothingIsChangedForWhoDoesNotComeBack) {
  attest(3);
  ASSERT_TRUE(is_put_off(once("policy.apply", {{"texts", {harsh(2)}}, {"operator", "alice"}})));
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  EXPECT_EQ(version(), 1);
  EXPECT_TRUE(store_.policies()->empty());
}

TEST_F(OperatorPreviewTest, WhoComesBackHasTheChangeMade) {
  attest(3);
  const ControlOutcome done =
      followed("policy.apply", {{"texts", {harsh(2)}}, {"operator", "alice"}});
  ASSERT_TRUE(std::holds_alternative<Json>(done));
  EXPECT_EQ(std::get<Json>(done)["blast"]["worse"], 3);
  EXPECT_EQ(version(), 2);
  EXPECT_EQ(times_put_off_, 1);
}

TEST_F(OperatorPreviewTest, TheBrakeHoldsBehindAPreviewToo) {
  attest(11);
  const Json args = {{"texts", {harsh(2)}}, {"operator", "alice"}};
  const ControlOutcome told = followed("policy.apply.check", args);
  ASSERT_TRUE(std::holds_alternative<Json>(told));
  EXPECT_EQ(std::get<Json>(told)["blast"]["must_be_confirmed"], true);
  const ControlOutcome refused = followed("policy.apply", args);
  ASSERT_TRUE(std::holds_alternative<transport::ControlError>(refused));
  EXPECT_EQ(std::get<transport::ControlError>(refused).code, ErrorCode::kConflict);
  EXPECT_EQ(version(), 1);
}

TEST_F(OperatorPreviewTest, Hostile_OtherPoliciesMeanwhileAreCountedAnew) {
  attest(11);
  const Json args = {{"texts", {harsh(3)}}, {"operator", "alice"}};
  (void)followed("policy.apply.check", args);
  ask("policy.apply", {{"texts",
                        {"[policy]\nid = \"default\"\nversion = 2\n"
                         "[boot]\nno_baseline = \"info\"\n"}},
                       {"confirmed", true},
                       {"operator", "bob"}});
  const ControlOutcome refused = followed("policy.apply", args);
  ASSERT_TRUE(std::holds_alternative<transport::ControlError>(refused));
  EXPECT_THAT(std::get<transport::ControlError>(refused).message,
              ::testing::HasSubstr("11 of 11 hosts would get worse"));
  EXPECT_EQ(version(), 2);
}

TEST_F(OperatorPreviewTest, AnUploadedFileIsThereUntilItIsImported) {
  attest(1);
  const std::string list = known_boot();
  const std::string sha256 = hash(HashAlgorithm::kSha256, as_bytes(list)).hex();
  ASSERT_TRUE(std::holds_alternative<Json>(once("upload", {{"sha256", sha256},
                                                           {"size", list.size()},
                                                           {"offset", 0},
                                                           {"hex", to_hex(as_bytes(list))}})));
  const ControlOutcome done =
      followed("baseline.import", {{"upload", sha256}, {"name", "vendor"}, {"operator", "alice"}});
  ASSERT_TRUE(std::holds_alternative<Json>(done));
  EXPECT_EQ(std::get<Json>(done)["name"], "vendor");
}

}  // namespace
}  // namespace quotemill::daemon
