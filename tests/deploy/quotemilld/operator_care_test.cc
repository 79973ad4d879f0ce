// Labels, maintenance and the audit trail.
#include <gmock/gmock.h>

#include "deploy/quotemilld/maintenance.h"
#include "engine/base/limits.h"
#include "tests/deploy/quotemilld/operator_fixture.h"

namespace quotemill::daemon {
namespace {

using ::testing::HasSubstr;
using transport::Json;

class OperatorCareTest : public OperatorFixture {
 protected:
  void SetUp() override {
    OperatorFixture::SetUp();
    add(host_record(1, "web-01", LifeCycle::kActive));
  }

  [[nodiscard]] std::shared_ptr<const HostRecord> record() const {
    return hosts_.find_by_name("web-01")->record;
  }

  Json label(const Json& set, const Json& remove = Json::array()) {
    return ask("label",
               {{"host", "web-01"}, {"set", set}, {"remove", remove}, {"operator", "alice"}});
  }
};

TEST_F(OperatorCareTest, LabelsAreSetAndTakenAway) {
  label({{"env", "prod"}, {"team/web", ""}});
  EXPECT_EQ(record()->labels.at("env"), "prod");
  label({{"env", "lab"}}, {"team/web", "never-there"});
  EXPECT_EQ(record()->labels, (std::map<std::string, std::string>{{"env", "lab"}}));
  EXPECT_EQ(ask("host", {{"host", "web-01"}})["identity"]["labels"]["env"], "lab");
}

TEST_F(OperatorCareTest, LabelsChooseThePolicy) {
  ask("policy.apply",
      {{"texts", {"[policy]\nid = \"prod\"\npriority = 1\n[match]\nlabels = [\"env=prod\"]\n"}},
       {"operator", "alice"}});
  const auto chosen = [&] {
    return policies_->current()->snapshot_for(traits_of(*record(), {}))->policy().id;
  };
  EXPECT_EQ(chosen(), "default");
  label({{"env", "prod"}});
  EXPECT_EQ(chosen(), "prod");
}

TEST_F(OperatorCareTest, LabelsThatNobodyCouldReadAreRefusedAndChangeNothing) {
  Json many = Json::object();
  for (std::size_t i = 0; i < limits::kLabelsMax; ++i) {
    many["k" + std::to_string(i)] = "v";
  }
  label(many);
  const auto before = record()->labels;
  for (const Json& set :
       {Json{{"A", "v"}}, Json{{"", "v"}}, Json{{"a", "line\nbreak"}},
        Json{{"a", std::string(limits::kLabelValueSizeMax + 1, 'x')}}, Json{{"one-more", "v"}}}) {
    EXPECT_EQ(refusal("label", {{"host", "web-01"}, {"set", set}, {"operator", "a"}}).code,
              ErrorCode::kConfig)
        << set;
  }
  EXPECT_EQ(refusal("label", {{"host", "web-01"}, {"operator", "a"}}).code, ErrorCode::kConfig);
  EXPECT_EQ(record()->labels, before);
}

TEST_F(OperatorCareTest, MaintenanceIsSaidOfChangesAndEndsByItself) {
  ask("maintenance", {{"host", "web-01"}, {"for_ms", 60'000}, {"operator", "alice"}});
  EXPECT_EQ(record()->life_cycle, LifeCycle::kMaintenance);
  EXPECT_TRUE(record()->may_attest());
  EXPECT_EQ(ask("host", {{"host", "web-01"}})["identity"]["maintenance_until"].is_string(), true);
  clock_.advance(59'000);
  ASSERT_TRUE(end_due_maintenance(hosts_, committer_));
  EXPECT_EQ(record()->life_cycle, LifeCycle::kMaintenance);
  clock_.advance(1'000);
  ASSERT_TRUE(end_due_maintenance(hosts_, committer_));
  EXPECT_EQ(record()->life_cycle, LifeCycle::kActive);
  const std::vector<AuditRecord> trail = *store_.audit(1, 10);
  EXPECT_EQ(trail.back().act, (AuditAct{"quotemill", "maintenance.end", record()->uid.hex()}));
  const std::uint64_t acts = store_.audit_head()->number;
  ASSERT_TRUE(end_due_maintenance(hosts_, committer_));
  EXPECT_EQ(store_.audit_head()->number, acts) << "once";
}

// Whoever sets the clock back must not silence a host for a year.
TEST_F(OperatorCareTest, Hostile_NoClockThatIsSetBackProlongsAMaintenanceOrAToken) {
  constexpr std::int64_t kYear = 365LL * 24 * 3'600'000;
  ask("maintenance", {{"host", "web-01"}, {"for_ms", 60'000}, {"operator", "alice"}});
  ask("token.create", {{"ttl_ms", 60'000}, {"operator", "alice"}});
  clock_.step_wall(-kYear);
  clock_.advance(59'000);
  ASSERT_TRUE(end_due_maintenance(hosts_, committer_));
  EXPECT_EQ(record()->life_cycle, LifeCycle::kMaintenance);
  clock_.advance(1'000);
  ASSERT_TRUE(end_due_maintenance(hosts_, committer_));
  EXPECT_EQ(record()->life_cycle, LifeCycle::kActive);
  const std::int64_t ends = store_.tokens()->at(0).expires.ms;
  ASSERT_TRUE(committer_.change([&](const RegistryView& view) -> Result<IdentityUpdate> {
    EXPECT_LE(ends, view.now.wall.ms) << "what admission asks";
    return IdentityUpdate{};
  }));
  // What begins now lasts as long as ever, whatever the wall clock says.
  ask("maintenance", {{"host", "web-01"}, {"for_ms", 60'000}, {"operator", "alice"}});
  clock_.advance(59'000);
  ASSERT_TRUE(end_due_maintenance(hosts_, committer_));
  EXPECT_EQ(record()->life_cycle, LifeCycle::kMaintenance);
}

// Nobody was woken by what failed meanwhile: without this nobody ever would be.
TEST_F(OperatorCareTest, Hostile_WhatFailedInMaintenanceIsToldWhenThatEnds) {
  ask("maintenance", {{"host", "web-01"}, {"for_ms", 60'000}, {"operator", "alice"}});
  set_state(*record(), TrustState::kFailed);
  const std::uint64_t before = store_.status()->last_change;
  clock_.advance(60'000);
  ASSERT_TRUE(end_due_maintenance(hosts_, committer_));
  const std::vector<Change> told = *store_.changes(before + 1, 10);
  ASSERT_EQ(told.size(), 1U);
  EXPECT_EQ(told[0].previous, TrustState::kFailed);
  EXPECT_EQ(told[0].current, TrustState::kFailed);
  EXPECT_FALSE(told[0].in_maintenance);
  EXPECT_GE(told[0].time.ms, clock_.now().wall.ms);
  // Ended by hand, while it is trusted: nothing to tell.
  ask("maintenance", {{"host", "web-01"}, {"for_ms", 60'000}, {"operator", "alice"}});
  set_state(*record(), TrustState::kTrusted);
  ask("maintenance.end", {{"host", "web-01"}, {"operator", "alice"}});
  EXPECT_EQ(store_.status()->last_change, before + 1);
}

TEST_F(OperatorCareTest, MaintenanceCanBeEndedAndIsOnlyForLivingHosts) {
  EXPECT_EQ(refusal("maintenance.end", {{"host", "web-01"}, {"operator", "a"}}).code,
            ErrorCode::kConflict);
  ask("maintenance", {{"host", "web-01"}, {"operator", "alice"}});
  ask("maintenance.end", {{"host", "web-01"}, {"operator", "alice"}});
  EXPECT_EQ(record()->life_cycle, LifeCycle::kActive);
  add(host_record(2, "waiting", LifeCycle::kPending));
  EXPECT_EQ(refusal("maintenance", {{"host", "waiting"}, {"operator", "a"}}).code,
            ErrorCode::kConflict);
}

TEST_F(OperatorCareTest, EveryActIsInTheTrailAndChecksAreNot) {
  label({{"env", "prod"}});
  ask("maintenance.check", {{"host", "web-01"}, {"operator", "alice"}});
  ask("policy.apply", {{"texts", {"[policy]\nid = \"p\"\npriority = -1\n"}}, {"operator", "bob"}});
  ask("token.create", {{"operator", "carol"}});
  ask("retire", {{"host", "web-01"}, {"operator", "dave"}});
  refusal("retire", {{"host", "web-01"}, {"operator", "dave"}});
  std::vector<std::string> verbs;
  const std::vector<AuditRecord> trail = *store_.audit(1, 100);
  for (const AuditRecord& act : trail) {
    verbs.push_back(act.act.who + " " + act.act.verb);
  }
  EXPECT_THAT(verbs, ::testing::ElementsAre("alice label", "bob policy.apply", "carol token.create",
                                            "dave retire"));
  EXPECT_EQ(ask("audit.list", {{"from", 2}, {"limit", 1}})["audit"][0]["who"], "bob");
  const Json whole = ask("audit.verify");
  EXPECT_EQ(whole["intact"], true);
  EXPECT_EQ(whole["acts"], 4);
}

TEST_F(OperatorCareTest, KnowsWhatAHostWasAtAMoment) {
  const HostUid uid = record()->uid;
  CommitBatch batch;
  for (std::uint64_t sequence = 1; sequence <= 3; ++sequence) {
    HistoryEntry entry;
    entry.host = uid;
    entry.sequence = sequence;
    entry.time = {static_cast<std::int64_t>(sequence) * 100'000};
    entry.verdict.state = sequence == 2 ? TrustState::kFailed : TrustState::kTrusted;
    entry.verdict.valid_until = {entry.time.ms + 50'000};
    batch.history.push_back(entry);
  }
  ASSERT_TRUE(store_.commit(batch));
  const auto state_at = [&](std::int64_t ms) {
    return ask("host.at", {{"host", "web-01"}, {"time_ms", ms}})["state"].get<std::string>();
  };
  EXPECT_EQ(state_at(99'999), "unknown");
  EXPECT_EQ(state_at(100'000), "trusted");
  EXPECT_EQ(state_at(150'001), "stale");
  EXPECT_EQ(state_at(210'000), "failed");
  EXPECT_EQ(state_at(320'000), "trusted");
  EXPECT_EQ(ask("host.at", {{"host", "web-01"}, {"time_ms", 210'000}})["appraisal"]["seq"], 2);
  const auto sequences = [&](const Json& filter) {
    Json args = filter;
    args["host"] = "web-01";
    std::string out;
    const Json page = ask("history", args);
    for (const Json& entry : page["appraisals"]) {
      out += entry["seq"].dump();
    }
    return out;
  };
  EXPECT_EQ(sequences(Json::object()), "321");
  EXPECT_EQ(sequences({{"state", "trusted"}}), "31");
  EXPECT_EQ(sequences({{"since_ms", 200'000}}), "32");
  EXPECT_EQ(sequences({{"until_ms", 200'000}}), "21");
  EXPECT_EQ(sequences({{"until_ms", 200'000}, {"limit", 1}}), "2");
  EXPECT_EQ(refusal("history", {{"host", "web-01"}, {"state", "fine"}}).code, ErrorCode::kConfig);
}

TEST_F(OperatorCareTest, TellsWhatTheStoreSaysOfItself) {
  care_.report.problems = {"changes 00: damaged"};
  care_.report.problems_found = 1;
  EXPECT_EQ(ask("store.check")["problems"][0], "changes 00: damaged");
  ask("backup", {{"folder", "/new"}, {"operator", "alice"}});
  EXPECT_EQ(acts_.back().verb, "backup");
  EXPECT_EQ(refusal("backup", {{"folder", "/there"}, {"operator", "a"}}).code, ErrorCode::kConfig);
}

TEST_F(OperatorCareTest, ABrokenTrailIsNamedAtItsPlace) {
  for (int i = 0; i < 5; ++i) {
    label({{"n", std::to_string(i)}});
  }
  const std::vector<AuditRecord> third = *store_.audit(3, 1);
  AuditRecord forged = third.front();
  forged.act.who = "mallory";
  CommitBatch batch;
  batch.audit = {forged};
  ASSERT_TRUE(store_.commit(batch));
  const Json broken = ask("audit.verify");
  EXPECT_EQ(broken["intact"], false);
  EXPECT_EQ(broken["broken_at"], 3);
}

}  // namespace
}  // namespace quotemill::daemon
