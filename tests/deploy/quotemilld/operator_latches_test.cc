// Acknowledging what latched, as an operator sees it.
#include <gmock/gmock.h>

#include "deploy/quotemill-verify/bundle_check.h"
#include "tests/deploy/quotemilld/attesting_fixture.h"

namespace quotemill::daemon {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using transport::Json;

class OperatorLatchesTest : public AttestingFixture {
 protected:
  // A host that booted what the baseline does not have, then again as it should, under a policy by
  // which that latches.
  void SetUp() override {
    AttestingFixture::SetUp();
    ask("policy.apply", {{"texts",
                          {"[policy]\nid = \"default\"\nversion = 2\n[latch]\nfindings = "
                           "[\"boot.event.unexpected\"]\n"}},
                         {"operator", "alice"},
                         {"confirmed", true}});
    host_.record().name = "web-01";
    add(host_.record());
    attest_next();
    ask("baseline.capture",
        {{"host", "web-01"}, {"name", "golden"}, {"operator", "alice"}, {"confirmed", true}});
    host_.reboot();
    host_.boot.push_back(quotemill::testing::measured(8, event_type::kIpl, "insmod evil"));
    attest_next();
    ASSERT_EQ(shown()["state"], "failed");
    host_.reboot();
    host_.boot.pop_back();
    attest_next();
  }

  void attest_next() { attest_once(host_, ++sequence_); }

  Json shown() { return ask("host", {{"host", "web-01"}}); }

  Json args() { return {{"host", "web-01"}, {"operator", "alice"}}; }

  SoftwareHost host_;
  std::uint64_t sequence_ = 0;
};

TEST_F(OperatorLatchesTest, ALatchIsShownAndHolds) {
  const Json host = shown();
  EXPECT_EQ(host["state"], "failed");
  EXPECT_EQ(host["why"]["code"], "latch.held");
  ASSERT_EQ(host["latched"].size(), 1U);
  EXPECT_EQ(host["latched"][0]["code"], "boot.event.unexpected");
  EXPECT_EQ(host["latched"][0]["seq"], 2);
  EXPECT_EQ(host["latched"][0]["acknowledged"], false);
  const Json history = ask("history", {{"host", "web-01"}, {"limit", 1}});
  EXPECT_EQ(history["appraisals"][0]["findings"][0]["code"], "latch.held");
}

TEST_F(OperatorLatchesTest, AnAcknowledgementLetsGoIsAuditedAndIsAnEvent) {
  Json with_reason = args();
  with_reason["reason"] = "a drill";
  const Json done = ask("acknowledge", with_reason);
  EXPECT_EQ(done["state"], "trusted");
  EXPECT_EQ(done["acknowledged"][0]["code"], "boot.event.unexpected");
  EXPECT_EQ(shown()["state"], "trusted");
  EXPECT_TRUE(shown()["latched"].empty());
  const Json change = ask("changes")["changes"].back();
  EXPECT_EQ(change["prev"], "failed");
  EXPECT_EQ(change["new"], "trusted");
  const Json act = ask("audit.list")["audit"].back();
  EXPECT_EQ(act["verb"], "acknowledge");
  EXPECT_EQ(act["who"], "alice");
  EXPECT_THAT(act["subject"].get<std::string>(), HasSubstr("a drill"));
  EXPECT_THAT(act["subject"].get<std::string>(), HasSubstr(host_.record().uid.hex()));
}

// What latched while the operator looked at the rest is not let go of unseen.
TEST_F(OperatorLatchesTest, Hostile_NothingIsAcknowledgedThatWasFoundAfterItWasLookedAt) {
  Json looked = args();
  looked["seen"] = 1;
  const transport::ControlError error = refusal("acknowledge", looked);
  EXPECT_EQ(error.code, ErrorCode::kConflict);
  EXPECT_THAT(error.message, HasSubstr("boot.event.unexpected since attestation 2"));
  EXPECT_EQ(shown()["state"], "failed");
  looked["seen"] = 2;
  EXPECT_EQ(ask("acknowledge", looked)["state"], "trusted");
  const Json acts = ask("audit.list");
  EXPECT_THAT(acts.dump(), HasSubstr("seen up to 2"));
  EXPECT_THAT(acts.dump(), Not(HasSubstr("seen up to 1"))) << "what was refused is no act";
}

// What it says was judged before the later capture, which it does not name.
TEST_F(OperatorLatchesTest, AVerdictThatWasAcknowledgedAfterALaterBaselineIsProvenByItsOwn) {
  clock_.advance(60'000);
  ask("baseline.capture",
      {{"host", "web-01"}, {"name", "golden"}, {"operator", "alice"}, {"confirmed", true}});
  clock_.advance(60'000);
  ask("baseline.retire",
      {{"name", "golden"}, {"version", 1}, {"operator", "alice"}, {"confirmed", true}});
  clock_.advance(60'000);
  ask("acknowledge", args());
  const Json bundle = ask("host.bundle", {{"host", "web-01"}});
  EXPECT_EQ(bundle["revision"]["cause"], "acknowledged");
  ASSERT_EQ(bundle["baselines"].size(), 1U);
  EXPECT_EQ(bundle["baselines"][0]["version"], 1);
  const Result<offline::BundleReport> report = offline::check_bundle(transport::to_line(bundle));
  ASSERT_TRUE(report) << report.error().to_string();
  EXPECT_EQ(report->state, "trusted");
  EXPECT_TRUE(report->is_proven());
}

TEST_F(OperatorLatchesTest, TheHistoryTellsThatAnAcknowledgementChangedTheVerdict) {
  clock_.advance(60'000);
  ask("acknowledge", args());
  const Json newest = ask("history", {{"host", "web-01"}, {"limit", 1}})["appraisals"][0];
  EXPECT_EQ(newest["state"], "failed");
  ASSERT_EQ(newest["revisions"].size(), 1U);
  EXPECT_EQ(newest["revisions"][0]["cause"], "acknowledged");
  EXPECT_EQ(newest["revisions"][0]["state"], "trusted");
  const std::int64_t now = clock_.now().wall.ms;
  const auto at = [this](std::int64_t ms) {
    return ask("host.at", {{"host", "web-01"}, {"time_ms", ms}})["state"];
  };
  EXPECT_EQ(at(now - 30'000), "failed");
  EXPECT_EQ(at(now + 1), "trusted");
}

TEST_F(OperatorLatchesTest, WhatIsNotLatchedCannotBeAcknowledged) {
  Json other = args();
  other["finding"] = "ima.violation";
  EXPECT_EQ(refusal("acknowledge", other).code, ErrorCode::kConflict);
  EXPECT_EQ(shown()["state"], "failed");
  ask("acknowledge", args());
  const transport::ControlError again = refusal("acknowledge", args());
  EXPECT_EQ(again.code, ErrorCode::kConflict);
  EXPECT_THAT(again.message, HasSubstr("not held"));
}

TEST_F(OperatorLatchesTest, MistakesAreToldAndChangeNothing) {
  Json wrong = args();
  wrong["finding"] = "boot.event.unexpectd";
  EXPECT_THAT(refusal("acknowledge", wrong).message,
              HasSubstr("did you mean boot.event.unexpected"));
  Json long_reason = args();
  long_reason["reason"] = std::string(1'000, 'x');
  EXPECT_THAT(refusal("acknowledge", long_reason).message, HasSubstr("reason"));
  EXPECT_EQ(refusal("acknowledge", {{"host", "nobody"}, {"operator", "a"}}).code,
            ErrorCode::kNotFound);
  EXPECT_EQ(shown()["state"], "failed");
}

TEST_F(OperatorLatchesTest, ACheckSaysWhatItWouldAcknowledgeAndDoesNot) {
  const std::size_t acts = ask("audit.list")["audit"].size();
  const Json would = ask("acknowledge.check", args());
  EXPECT_EQ(would["dry_run"], true);
  EXPECT_EQ(would["acknowledged"].size(), 1U);
  EXPECT_EQ(shown()["state"], "failed");
  EXPECT_EQ(ask("audit.list")["audit"].size(), acts);
}

}  // namespace
}  // namespace quotemill::daemon
