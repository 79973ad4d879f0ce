// Rollouts as operators make them: what is accepted of whom, what is told, and what goes wrong.
#include "tests/deploy/quotemilld/rollout_fixture.h"

namespace quotemill::daemon {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;
using Json = transport::Json;

class OperatorRolloutsTest : public RolloutFixture {
 protected:
  std::vector<std::string> codes_of(unsigned number) {
    std::vector<std::string> codes;
    const auto state = hosts_.find(machines_.at(number).record().uid)->state;
    for (const Finding& finding : state->verdict.findings) {
      codes.emplace_back(name_of(finding.code));
    }
    return codes;
  }
};

TEST_F(OperatorRolloutsTest, AcceptsBothImagesOfTheOpenWaveAndTheOldOneOfTheOthers) {
  make_hosts(4);
  ASSERT_EQ(start()["waves"], 2) << start();
  EXPECT_EQ(boots(0, 2), TrustState::kTrusted);
  EXPECT_THAT(codes_of(0), Contains("rollout.new"));
  EXPECT_EQ(attests(1), TrustState::kTrusted);
  EXPECT_THAT(codes_of(1), Contains("rollout.old"));
  EXPECT_EQ(boots(2, 2), TrustState::kFailed) << "its wave is not open";
  EXPECT_EQ(attests(3), TrustState::kTrusted);
  EXPECT_THAT(codes_of(3), Not(Contains("rollout.old")));
  EXPECT_EQ(boots(0, 3), TrustState::kFailed) << "neither image";
  EXPECT_THAT(codes_of(0), Contains("rollout.other"));
  change("extend", {{"wave", true}});
  EXPECT_EQ(attests(2), TrustState::kTrusted);
}

TEST_F(OperatorRolloutsTest, AVerdictNamesTheRolloutThatItRestedOn) {
  make_hosts(1);
  start();
  boots(0, 2);
  const auto state = hosts_.find(machines_[0].record().uid)->state;
  const auto named =
      std::find_if(state->verdict.findings.begin(), state->verdict.findings.end(),
                   [](const Finding& finding) { return finding.code == FindingCode::kRolloutNew; });
  ASSERT_NE(named, state->verdict.findings.end());
  EXPECT_EQ(named->subject, "to-2");
  EXPECT_EQ(named->severity, Severity::kInfo);
  EXPECT_NE(state->verdict.snapshot, policies_->current()->snapshots().front()->id());
}

TEST_F(OperatorRolloutsTest, StatusCountsEachHostOnceAndNamesIt) {
  make_hosts(7);
  start({{"waves", {"6"}}});
  boots(0, 2);
  attests(1);
  boots(2, 3);
  load_partly(machines_[3]);
  EXPECT_EQ(attests(3), TrustState::kTrusted);
  set_state(machines_[4].record(), TrustState::kStale);
  ask("retire", {{"host", "host-5"}, {"operator", "alice"}});
  const Json status = ask("rollout.status", {{"name", "to-2"}});
  EXPECT_EQ(status["counts"], (Json{{"old", 1},
                                    {"new", 1},
                                    {"mixed", 1},
                                    {"failed", 1},
                                    {"silent", 1},
                                    {"waiting", 1},
                                    {"gone", 1}}));
  EXPECT_EQ(status["names"]["mixed"], Json::array({"host-3"}));
  EXPECT_EQ(status["names"]["silent"], Json::array({"host-4"}));
  EXPECT_EQ(status["names"]["gone"], Json::array({"host-5"}));
  EXPECT_EQ(status["by_wave"][1]["waiting"], 1);
}

TEST_F(OperatorRolloutsTest, AfterTheDeadlineTheOldImageIsWhatThePolicySaysOfAnUnknownOne) {
  make_hosts(2);
  start();
  boots(0, 2);
  attests(1);
  clock_.advance(3'600'000);
  keep();
  EXPECT_EQ(attests(0), TrustState::kTrusted);
  EXPECT_EQ(attests(1), TrustState::kFailed);
  EXPECT_THAT(codes_of(1), Contains("rollout.late"));
  EXPECT_THAT(codes_of(1), Contains("boot.reference.unknown"));
  EXPECT_EQ(counts()["old"], 1);
  change("extend", {{"for_ms", 60'000}});
  EXPECT_EQ(attests(1), TrustState::kTrusted) << "opened again";
}

TEST_F(OperatorRolloutsTest, PromotingRetiresTheOldImageForAll) {
  make_hosts(3);
  start();
  boots(0, 2);
  const Json done = change("promote");
  EXPECT_EQ(done["phase"], "promoted") << done;
  EXPECT_EQ(done["baseline"]["name"], "image");
  EXPECT_EQ(done["baseline"]["version"], 2);
  EXPECT_EQ(attests(0), TrustState::kTrusted);
  EXPECT_EQ(attests(1), TrustState::kFailed);
  EXPECT_EQ(attests(2), TrustState::kFailed) << "whoever it is";
  EXPECT_EQ(boots(2, 2), TrustState::kTrusted);
  EXPECT_TRUE((*find_baseline(*policies_, "image", 1))->is_retired());
  EXPECT_TRUE((*store_.baselines()).size() == 3U);
  EXPECT_EQ(refusal("rollout.promote", {{"name", "to-2"}, {"operator", "bob"}}).code,
            ErrorCode::kConflict);
}

// Neither the tick that finds the deadline passed nor the operator is late: both orders come to it.
TEST_F(OperatorRolloutsTest, PromotedInTheMomentOfItsDeadlineItIsPromoted) {
  make_hosts(2);
  start();
  boots(0, 2);
  clock_.advance(3'600'000);
  EXPECT_EQ(change("promote")["phase"], "promoted");
  keep();
  EXPECT_EQ(ask("rollout.status", {{"name", "to-2"}})["phase"], "promoted");
  EXPECT_EQ(attests(0), TrustState::kTrusted);
  EXPECT_EQ(attests(1), TrustState::kFailed) << "the old image is retired";
  const std::vector<AuditRecord> acts = *store_.audit(1, 100);
  for (const AuditRecord& record : acts) {
    EXPECT_NE(record.act.verb, "rollout.advance") << "time did nothing to what had ended";
  }
}

TEST_F(OperatorRolloutsTest, AbortingKeepsTheOldImage) {
  make_hosts(2);
  start();
  boots(0, 2);
  EXPECT_EQ(change("abort")["phase"], "aborted");
  EXPECT_EQ(attests(0), TrustState::kFailed) << "the new image is unknown again";
  EXPECT_EQ(attests(1), TrustState::kTrusted);
}

TEST_F(OperatorRolloutsTest, PromotingIsHeldByTheBrakeAndADryRunChangesNothing) {
  make_hosts(12);
  start({{"waves", {}}});
  boots(0, 2);
  const transport::ControlError error =
      refusal("rollout.promote", {{"name", "to-2"}, {"operator", "bob"}});
  EXPECT_EQ(error.code, ErrorCode::kConflict);
  EXPECT_THAT(error.message, HasSubstr("11 of 12 hosts would get worse"));
  const Json check = ask("rollout.promote.check", {{"name", "to-2"}, {"operator", "bob"}});
  EXPECT_EQ(check["blast"]["worse"], 11);
  EXPECT_EQ(ask("rollout.list")["rollouts"][0]["phase"], "open");
}

TEST_F(OperatorRolloutsTest, EachActIsInTheAuditTrailWithWhoDidIt) {
  make_hosts(2);
  start();
  change("extend", {{"wave", false}, {"for_ms", 7'200'000}});
  clock_.advance(7'300'000);
  keep();
  change("abort");
  std::vector<std::pair<std::string, std::string>> acts;
  const std::vector<AuditRecord> trail = *store_.audit(1, 100);
  for (const AuditRecord& record : trail) {
    if (record.act.verb.rfind("rollout.", 0) == 0) {
      acts.emplace_back(record.act.who, record.act.verb);
    }
  }
  EXPECT_EQ(acts,
            (std::vector<std::pair<std::string, std::string>>{{"alice", "rollout.start"},
                                                              {"bob", "rollout.extend"},
                                                              {"quotemill", "rollout.advance"},
                                                              {"bob", "rollout.abort"}}));
}

TEST_F(OperatorRolloutsTest, CountsOverTimeAreKept) {
  make_hosts(2);
  start();
  keep();
  boots(0, 2);
  clock_.advance(10'000);
  keep();
  const Json samples = ask("rollout.status", {{"name", "to-2"}})["samples"];
  ASSERT_EQ(samples.size(), 2U);
  EXPECT_EQ(samples[0]["counts"]["new"], 0);
  EXPECT_EQ(samples[1]["counts"]["new"], 1);
  EXPECT_EQ((*store_.rollouts())[0]->samples.size(), 2U);
}

// --- Bad input

TEST_F(OperatorRolloutsTest, AnEmptyCohortIsRefused) {
  make_hosts(1);
  EXPECT_EQ(refusal("rollout.start", start_args({{"all", false}, {"names", {"db-*"}}})).code,
            ErrorCode::kConfig);
  EXPECT_EQ(refusal("rollout.start", start_args({{"all", false}})).code, ErrorCode::kConfig);
  EXPECT_EQ(refusal("rollout.start", start_args({{"all", false}, {"hosts", {"no-one"}}})).code,
            ErrorCode::kNotFound);
  EXPECT_TRUE(store_.rollouts()->empty());
}

TEST_F(OperatorRolloutsTest, OverlappingRolloutsAreRefused) {
  make_hosts(2);
  start();
  EXPECT_EQ(refusal("rollout.start",
                    start_args({{"name", "again"}, {"all", false}, {"hosts", {"host-1"}}}))
                .code,
            ErrorCode::kConflict);
  EXPECT_EQ(store_.rollouts()->size(), 1U);
}

TEST_F(OperatorRolloutsTest, ADeadlineInThePastIsRefused) {
  make_hosts(1);
  for (const std::int64_t ago : {0, 1, 3'600'000}) {
    EXPECT_EQ(refusal("rollout.start",
                      start_args({{"for_ms", 0}, {"deadline_ms", clock_.now().wall.ms - ago}}))
                  .code,
              ErrorCode::kConfig);
  }
  EXPECT_EQ(refusal("rollout.start", start_args({{"for_ms", 0}})).code, ErrorCode::kConfig)
      << "none at all";
}

TEST_F(OperatorRolloutsTest, ASetThatIsNotThereOrThatNoPolicyNamesIsRefused) {
  make_hosts(1);
  EXPECT_EQ(refusal("rollout.start", start_args({{"to", "image-9"}})).code, ErrorCode::kNotFound);
  const transport::ControlError error =
      refusal("rollout.start", start_args({{"from", "image-2"}, {"to", "image"}}));
  EXPECT_EQ(error.code, ErrorCode::kConflict);
  EXPECT_THAT(error.message, HasSubstr("no policy of these hosts names image-2"));
}

TEST_F(OperatorRolloutsTest, AWallClockThatJumpsNeitherEndsNorProlongsTheWindow) {
  make_hosts(2);
  start();
  attests(1);
  clock_.step_wall(10 * 3'600'000LL);
  keep();
  EXPECT_EQ(attests(1), TrustState::kTrusted) << "set ahead";
  clock_.step_wall(-20 * 3'600'000LL);
  clock_.advance(3'600'000);
  keep();
  EXPECT_EQ(attests(1), TrustState::kFailed) << "set back, and the hour is over";
}

TEST_F(OperatorRolloutsTest, APolicyThatIsWithdrawnLeavesNobodyToRollOut) {
  make_hosts(2);
  start();
  boots(0, 2);
  ask("policy.withdraw", {{"id", "default"}, {"confirmed", true}, {"operator", "bob"}});
  attests(0);
  EXPECT_THAT(codes_of(0), Not(Contains("rollout.new"))) << "the configured one names no set";
  EXPECT_EQ(counts()["waiting"], 2) << counts();
  ask("policy.apply", {{"texts", {kPolicy}}, {"confirmed", true}, {"operator", "bob"}});
  EXPECT_EQ(attests(0), TrustState::kTrusted);
  EXPECT_EQ(counts()["new"], 1) << "the rollout goes on";
}

TEST_F(OperatorRolloutsTest, ANewSetThatIsRetiredMeanwhileIsNotAcceptedAndNotPromoted) {
  make_hosts(2);
  start();
  boots(0, 2);
  ask("baseline.retire", {{"name", "image-2"}, {"confirmed", true}, {"operator", "bob"}});
  EXPECT_EQ(attests(0), TrustState::kFailed);
  EXPECT_EQ(attests(1), TrustState::kTrusted);
  EXPECT_EQ(refusal("rollout.promote", {{"name", "to-2"}, {"operator", "bob"}}).code,
            ErrorCode::kConflict);
  EXPECT_EQ(change("abort")["phase"], "aborted");
}

TEST_F(OperatorRolloutsTest, AnOldSetThatIsReplacedMeanwhileIsNotPromotedOver) {
  make_hosts(1);
  start();
  import("image", digests_of(3));
  EXPECT_EQ(refusal("rollout.promote", {{"name", "to-2"}, {"operator", "bob"}}).code,
            ErrorCode::kConflict);
}

TEST_F(OperatorRolloutsTest, AHostThatIsRetiredIsGoneAndOneThatReEnrolsStays) {
  make_hosts(2);
  start();
  boots(0, 2);
  ask("retire", {{"host", "host-1"}, {"operator", "alice"}});
  EXPECT_EQ(counts()["gone"], 1);
  ASSERT_TRUE(committer_.change([&](const RegistryView& view) -> Result<IdentityUpdate> {
    IdentityUpdate update;
    update.record = *view.hosts.find(machines_[0].record().uid)->record;
    ++update.record->generation;
    update.reset_state = true;
    return update;
  }));
  EXPECT_EQ(counts()["waiting"], 1) << "it has not attested under its new identity";
  EXPECT_EQ(policies_->current()
                ->snapshot_for(traits_of(*hosts_.find(machines_[0].record().uid)->record, {}))
                ->rollout()
                ->rollout,
            "to-2");
}

TEST_F(OperatorRolloutsTest, ARestartGoesOnWhereItWas) {
  make_hosts(2);
  start();
  change("extend", {{"for_ms", 7'200'000}});
  const auto again = *PoliciesInForce::create(default_policy(), *store_.policies(),
                                              *store_.baselines(), *store_.rollouts());
  EXPECT_EQ(again->current()->id(), policies_->current()->id());
  const HostTraits host = traits_of(machines_[0].record(), {});
  EXPECT_EQ(again->current()->snapshot_for(host)->id(),
            policies_->current()->snapshot_for(host)->id());
  EXPECT_NE(again->current()->snapshot_for(host)->rollout(), nullptr);
}

}  // namespace
}  // namespace quotemill::daemon
