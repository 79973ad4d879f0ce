// Changes of policies as operators make them: what is told, refused and kept.
#include <gmock/gmock.h>

#include "deploy/quotemilld/blast_guard.h"
#include "tests/deploy/quotemilld/attesting_fixture.h"

namespace quotemill::daemon {
namespace {

using quotemill::testing::SoftwareHost;
using ::testing::HasSubstr;
using transport::Json;

std::string text(int version, const std::string& rest = "") {
  return "[policy]\nid = \"default\"\nversion = " + std::to_string(version) + "\n" + rest;
}

class OperatorPoliciesTest : public AttestingFixture {
 protected:
  Json apply(const std::string& policy, bool is_confirmed = false) {
    return ask("policy.apply",
               {{"texts", {policy}}, {"confirmed", is_confirmed}, {"operator", "alice"}});
  }
};

TEST_F(OperatorPoliciesTest, AppliesAPolicyAndKeepsIt) {
  const Json answer = apply(text(2));
  EXPECT_EQ(answer["changed"][0]["id"], "default");
  EXPECT_EQ(answer["changed"][0]["by"], "alice");
  EXPECT_EQ(policies_->current()->find("default")->policy().version, 2);
  ASSERT_EQ(store_.policies()->size(), 1U);
  EXPECT_EQ(store_.policies()->front()->text, text(2));
  EXPECT_EQ(ask("policy.show", {{"id", "default"}})["text"], text(2));
  EXPECT_EQ(ask("policy.history")["history"].size(), 1U);
  EXPECT_EQ(acts_.back().verb, "policy.apply");
  EXPECT_EQ(acts_.back().subject, "default version 2");
}

TEST_F(OperatorPoliciesTest, ListsPoliciesWithTheirHosts) {
  attest(3);
  EXPECT_EQ(ask("policy.list")["policies"][0]["hosts"], 3);
  apply(text(2, "[match]\nnames = [\"host-1\"]\n"), true);
  const Json list = ask("policy.list");
  EXPECT_EQ(list["policies"][0]["hosts"], 1);
  EXPECT_EQ(list["policies"][0]["source"], "applied");
  EXPECT_EQ(list["unmatched"], 2);
  EXPECT_EQ(ask("status")["policy"]["unmatched"], 2);
}

TEST_F(OperatorPoliciesTest, SaysWhomAChangeHitsAndWhy) {
  attest(4);
  const Json answer =
      ask("policy.apply.check",
          {{"texts", {text(2, "[boot]\nno_baseline = \"fail\"\n")}}, {"operator", "alice"}});
  const Json blast = answer["blast"];
  EXPECT_EQ(blast["looked_at"], 4);
  EXPECT_EQ(blast["worse"], 4);
  EXPECT_EQ(blast["must_be_confirmed"], false);
  ASSERT_EQ(blast["groups"].size(), 1U) << "the same cause";
  EXPECT_EQ(blast["groups"][0]["from"], "warning");
  EXPECT_EQ(blast["groups"][0]["to"], "failed");
  EXPECT_EQ(blast["groups"][0]["code"], "boot.baseline_absent");
  EXPECT_EQ(blast["groups"][0]["hosts"], 4);
  EXPECT_EQ(policies_->current()->find("default")->policy().version, 1) << "nothing changed";
}

TEST_F(OperatorPoliciesTest, RefusesToHitManyHostsUnlessConfirmed) {
  attest(11);
  const std::string harsh = text(2, "[boot]\nno_baseline = \"fail\"\n");
  const transport::ControlError error =
      refusal("policy.apply", {{"texts", {harsh}}, {"operator", "alice"}});
  EXPECT_EQ(error.code, ErrorCode::kConflict);
  EXPECT_THAT(error.message, HasSubstr("11 of 11 hosts would get worse"));
  EXPECT_THAT(error.hint, HasSubstr("--yes"));
  EXPECT_EQ(policies_->current()->find("default")->policy().version, 1);
  EXPECT_TRUE(store_.policies()->empty());
  apply(harsh, true);
  EXPECT_EQ(policies_->current()->find("default")->policy().version, 2);
}

TEST_F(OperatorPoliciesTest, WhatCannotBeToldIsCounted) {
  attest(2);
  SoftwareHost fresh(KeyKind::kEcP256, 77);
  fresh.record().name = "fresh";
  add(fresh.record());
  const Json blast = ask(
      "policy.apply.check",
      {{"texts", {text(2, "[quote]\npcrs = [0, 4, 7, 23]\n")}}, {"operator", "alice"}})["blast"];
  EXPECT_EQ(blast["old_evidence"], 2);
  EXPECT_EQ(blast["no_evidence"], 1);
  EXPECT_EQ(blast["worse"], 0);
}

// Of one more PCR, or of other rules for the runtime list, no stored evidence tells anything: such
// a change can fail the whole fleet.
TEST_F(OperatorPoliciesTest, Hostile_TheBrakeHoldsWhatCannotBeTold) {
  attest(11);
  const std::string blind = text(2, "[quote]\npcrs = [0, 4, 7, 23]\n");
  const transport::ControlError error =
      refusal("policy.apply", {{"texts", {blind}}, {"operator", "alice"}});
  EXPECT_EQ(error.code, ErrorCode::kConflict);
  EXPECT_THAT(error.message, HasSubstr("of 11 only the next attestation can tell"));
  EXPECT_TRUE(store_.policies()->empty());
  apply(blind, true);
  EXPECT_EQ(store_.policies()->size(), 1U);
}

// A laxer policy is what an attacker wants of an operator.
TEST_F(OperatorPoliciesTest, Hostile_TheBrakeHoldsWhatPardonsMany) {
  apply(text(2, "[boot]\nno_baseline = \"fail\"\n"), true);
  attest(11);
  const std::string lax = text(3, "[boot]\nno_baseline = \"off\"\n");
  const transport::ControlError error =
      refusal("policy.apply", {{"texts", {lax}}, {"operator", "mallory"}});
  EXPECT_EQ(error.code, ErrorCode::kConflict);
  EXPECT_THAT(error.message, HasSubstr("11 that are failed would not be any more"));
  EXPECT_EQ(policies_->current()->find("default")->policy().version, 2);
  apply(lax, true);
  EXPECT_EQ(policies_->current()->find("default")->policy().version, 3);
}

// Two operators at once: neither was told of what both changes do together.
TEST_F(OperatorPoliciesTest, Hostile_AChangeOnPoliciesThatNobodyWasToldOfIsRefused) {
  const BlastGuard told(*policies_, false);
  const BlastGuard confirmed(*policies_, true);
  EXPECT_TRUE(told.check());
  apply(text(2, "[boot]\nno_baseline = \"fail\"\n"));
  ASSERT_FALSE(told.check());
  EXPECT_EQ(told.check().error().code, ErrorCode::kConflict);
  EXPECT_TRUE(confirmed.check()) << "who confirms asks for no survey";
  EXPECT_TRUE(BlastGuard(*policies_, false).check());
}

TEST_F(OperatorPoliciesTest, WithdrawsWhatWasApplied) {
  apply(text(2));
  const Json answer = ask("policy.withdraw", {{"id", "default"}, {"operator", "bob"}});
  EXPECT_EQ(answer["changed"][0]["withdrawn"], true);
  EXPECT_EQ(policies_->current()->find("default")->policy().version, 1);
  EXPECT_EQ(refusal("policy.withdraw", {{"id", "default"}, {"operator", "bob"}}).code,
            ErrorCode::kNotFound);
  EXPECT_EQ(ask("policy.show", {{"id", "default"}, {"number", 1}})["text"], text(2));
  EXPECT_EQ(refusal("policy.show", {{"id", "other"}}).code, ErrorCode::kNotFound);
}

TEST_F(OperatorPoliciesTest, RefusesWhatDoesNotCompileWithEveryMistake) {
  const transport::ControlError error =
      refusal("policy.apply",
              {{"texts", {"[policy]\nidd = 1\n", "[boot]\nlog = \"x\"\n"}}, {"operator", "alice"}});
  EXPECT_EQ(error.code, ErrorCode::kConfig);
  EXPECT_THAT(error.message, HasSubstr("policy 1:2:1"));
  EXPECT_THAT(error.message, HasSubstr("policy 2:2:7"));
  EXPECT_TRUE(store_.policies()->empty());
}

}  // namespace
}  // namespace quotemill::daemon
