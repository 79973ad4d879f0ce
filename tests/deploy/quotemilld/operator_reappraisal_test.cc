// Re-appraisal of many hosts as operators start, follow, interrupt and continue it.
#include <filesystem>
#include <fstream>
#include <thread>

#include <gmock/gmock.h>

#include "bench/workload/temp_folder.h"
#include "tests/deploy/quotemilld/attesting_fixture.h"
#include "tests/support/eventually.h"

namespace quotemill::daemon {
namespace {

using ::testing::HasSubstr;
using transport::Json;

std::string text(int version, const std::string& rest = "") {
  return "[policy]\nid = \"default\"\nversion = " + std::to_string(version) + "\n" + rest;
}

const std::string kHarsh = "[boot]\nno_baseline = \"fail\"\n";

class OperatorReappraisalTest : public AttestingFixture {
 protected:
  static Json ended(const FleetRuns& runs) {
    quotemill::testing::eventually([&] { return runs.status()["state"] != "running"; });
    return runs.status();
  }

  Json ended() { return ended(runs_); }

  Json what_if(const std::string& policy, const std::string& hosts = "") {
    const Json started =
        ask("reappraise.check", {{"texts", {policy}}, {"hosts", hosts}, {"operator", "alice"}});
    return started.is_object() ? ended() : started;
  }

  void apply(const std::string& policy) {
    ask("policy.apply",
        {{"texts", {policy}}, {"confirmed", true}, {"force", true}, {"operator", "alice"}});
  }

  TrustState state_of(unsigned number) {
    return hosts_.find_by_name("host-" + std::to_string(number))->state->state;
  }

  // Runs whose commits a test looks at, or holds up.
  std::unique_ptr<FleetRuns> runs_with(
      std::function<Result<ReappraisalCommit>(std::vector<ReappraisedHost>)> commit) {
    return std::make_unique<FleetRuns>(
        FleetRunParts{hosts_, store_, *policies_, server_key_, std::move(commit), file_, 1});
  }

  Result<ReappraisalCommit> commit(std::vector<ReappraisedHost> judged) {
    return committer_.commit_reappraised(std::move(judged));
  }

  RunRequest real() const {
    RunRequest request;
    request.kind = RunKind::kReal;
    request.by = "alice";
    return request;
  }

  void keep_position(const Json& position) {
    std::ofstream(file_) << position.dump();
    std::filesystem::permissions(
        file_, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  }

  // Two of three hosts were judged when the run was interrupted; then a policy was applied.
  void expect_begun_anew(const Json& judged_by) {
    attest(3);
    apply(text(2, kHarsh));
    keep_position({{"selector", "host-*"},
                   {"by", "bob"},
                   {"after", "host-1"},
                   {"judged_by", judged_by},
                   {"done", 2}});
    const auto runs = runs_with(
        [this](std::vector<ReappraisedHost> judged) { return commit(std::move(judged)); });
    ASSERT_TRUE(runs->resume());
    const Json status = ended(*runs);
    EXPECT_EQ(status["begun_anew"], 1) << status;
    EXPECT_EQ(status["done"], 3);
    EXPECT_EQ(status["changed"], 3);
    EXPECT_EQ(state_of(0), TrustState::kFailed);
  }

  bench::TempFolder folder_;
  const std::string file_ = folder_ / "reappraisal.json";
};

TEST_F(OperatorReappraisalTest, AWhatIfSaysWhoWouldChangeAndWritesNothing) {
  attest(4);
  const auto changes = store_.status()->last_change;
  const Json status = what_if(text(2, kHarsh));
  EXPECT_EQ(status["state"], "done") << status;
  EXPECT_EQ(status["kind"], "what_if");
  EXPECT_EQ(status["done"], 4);
  EXPECT_EQ(status["logs_judged"], 1) << "they boot the same";
  EXPECT_EQ(status["blast"]["worse"], 4);
  ASSERT_EQ(status["blast"]["groups"].size(), 1U);
  EXPECT_EQ(status["blast"]["groups"][0]["hosts"], 4);
  EXPECT_EQ(status["blast"]["groups"][0]["code"], "boot.baseline_absent");
  EXPECT_EQ(state_of(0), TrustState::kWarning);
  EXPECT_EQ(store_.status()->last_change, changes);
  EXPECT_TRUE(store_.policies()->empty());
  EXPECT_EQ(store_.audit_head()->number, 0U);
}

TEST_F(OperatorReappraisalTest, ForRealItReplacesVerdictsAndIsAudited) {
  attest(4);
  apply(text(2, kHarsh));
  ASSERT_EQ(state_of(0), TrustState::kWarning) << "until they attest";
  const auto changes = store_.status()->last_change;
  ask("reappraise", {{"operator", "alice"}});
  const Json status = ended();
  EXPECT_EQ(status["state"], "done") << status;
  EXPECT_EQ(status["changed"], 4);
  EXPECT_EQ(state_of(3), TrustState::kFailed);
  EXPECT_EQ(store_.status()->last_change, changes + 4) << "each change once";
  const auto audit = *store_.audit(1, 10);
  EXPECT_EQ(audit.back().act.verb, "reappraise");
  EXPECT_EQ(audit.back().act.who, "alice");
  ask("reappraise", {{"operator", "alice"}});
  EXPECT_EQ(ended()["changed"], 0);
}

TEST_F(OperatorReappraisalTest, OnlySelectedHostsAreLookedAt) {
  attest(3);
  apply(text(2, kHarsh));
  ask("reappraise", {{"hosts", "host-1"}, {"operator", "alice"}});
  EXPECT_EQ(ended()["done"], 1);
  EXPECT_EQ(state_of(1), TrustState::kFailed);
  EXPECT_EQ(state_of(2), TrustState::kWarning);
}

TEST_F(OperatorReappraisalTest, ASelectorThatMatchesNobodyOrIsNoneIsRefused) {
  attest(1);
  EXPECT_EQ(refusal("reappraise", {{"hosts", "env=prod"}, {"operator", "alice"}}).code,
            ErrorCode::kNotFound);
  EXPECT_THAT(refusal("reappraise", {{"hosts", "rack:12"}, {"operator", "alice"}}).message,
              HasSubstr("rack:12"));
  EXPECT_EQ(store_.audit_head()->number, 0U) << "nothing was begun";
}

TEST_F(OperatorReappraisalTest, APolicyThatDoesNotCompileIsRefusedWithItsMistakes) {
  attest(1);
  const auto error =
      refusal("reappraise.check", {{"texts", {"[boot]\nlog = \"x\"\n"}}, {"operator", "alice"}});
  EXPECT_EQ(error.code, ErrorCode::kConfig);
  EXPECT_THAT(error.message, HasSubstr("policy:2:7"));
  EXPECT_EQ(runs_.status()["state"], "none");
}

TEST_F(OperatorReappraisalTest, OneAtATime) {
  attest(2);
  apply(text(2, kHarsh));
  std::promise<void> go;
  auto gate = go.get_future().share();
  const auto runs = runs_with([&](std::vector<ReappraisedHost> judged) {
    gate.wait();
    return commit(std::move(judged));
  });
  ASSERT_TRUE(runs->start(real()));
  EXPECT_EQ(runs->start(real()).error().code, ErrorCode::kConflict);
  go.set_value();
  EXPECT_EQ(ended(*runs)["state"], "done");
  EXPECT_FALSE(std::filesystem::exists(file_)) << "there is nothing to go on with";
}

TEST_F(OperatorReappraisalTest, TheActIsKeptBeforeAnythingIsDone) {
  attest(2);
  apply(text(2, kHarsh));
  std::vector<std::string> order;
  const auto runs = runs_with([&](std::vector<ReappraisedHost> judged) {
    order.emplace_back("work");
    return commit(std::move(judged));
  });
  ASSERT_TRUE(runs->start(real(), [&]() -> Result<void> {
    order.emplace_back("act");
    EXPECT_FALSE(std::filesystem::exists(file_));
    return {};
  }));
  EXPECT_EQ(ended(*runs)["state"], "done");
  EXPECT_THAT(order, ::testing::ElementsAre("act", "work"));
}

TEST_F(OperatorReappraisalTest, WhatCannotBeKeptIsNotBegun) {
  attest(2);
  apply(text(2, kHarsh));
  store_.fail_next_commit();
  EXPECT_EQ(refusal("reappraise", {{"operator", "alice"}}).code, ErrorCode::kStorage);
  EXPECT_EQ(runs_.status()["state"], "none");
  EXPECT_EQ(state_of(0), TrustState::kWarning);
}

TEST_F(OperatorReappraisalTest, AWhatIfForgetsNoRealRunThatWasInterrupted) {
  attest(3);
  apply(text(2, kHarsh));
  keep_position({{"selector", "host-*"}, {"by", "bob"}, {"after", "host-1"}, {"done", 2}});
  const auto runs =
      runs_with([this](std::vector<ReappraisedHost> judged) { return commit(std::move(judged)); });
  EXPECT_EQ(runs->status()["interrupted"]["by"], "bob");
  RunRequest asked;
  asked.policies = policies_->current();
  ASSERT_TRUE(runs->start(asked));
  const Json said = ended(*runs);
  EXPECT_EQ(said["kind"], "what_if");
  EXPECT_EQ(said["state"], "done");
  EXPECT_EQ(said["interrupted"]["selector"], "host-*");
  EXPECT_TRUE(std::filesystem::exists(file_));
  ASSERT_TRUE(runs->resume());
  const Json status = ended(*runs);
  EXPECT_EQ(status["kind"], "real");
  EXPECT_EQ(status["by"], "bob");
  EXPECT_EQ(status["state"], "done");
  EXPECT_TRUE(status["interrupted"].is_null());
  EXPECT_EQ(state_of(2), TrustState::kFailed);
  EXPECT_EQ(runs->resume().error().code, ErrorCode::kNotFound);
}

TEST_F(OperatorReappraisalTest, AnotherRealRunTakesThePlaceOfAnInterruptedOne) {
  attest(3);
  apply(text(2, kHarsh));
  keep_position({{"selector", "host-*"}, {"by", "bob"}, {"after", "host-1"}, {"done", 2}});
  std::promise<void> go;
  auto gate = go.get_future().share();
  const auto runs = runs_with([&](std::vector<ReappraisedHost> judged) {
    gate.wait();
    return commit(std::move(judged));
  });
  ASSERT_TRUE(runs->start(real()));
  EXPECT_TRUE(runs->status()["interrupted"].is_null());
  std::ifstream kept(file_);
  EXPECT_EQ(Json::parse(kept)["by"], "alice") << "a kill from now on leaves this one";
  go.set_value();
  EXPECT_EQ(ended(*runs)["done"], 3);
}

// A policy that is withdrawn while it is judged by: what was judged by it is judged again.
TEST_F(OperatorReappraisalTest, BeginsAnewWhenThePolicyIsWithdrawn) {
  attest(3);
  apply(text(2, kHarsh));
  bool is_first = true;
  const auto runs = runs_with([&](std::vector<ReappraisedHost> judged) {
    if (std::exchange(is_first, false)) {
      ask("policy.withdraw", {{"id", "default"}, {"confirmed", true}, {"operator", "bob"}});
    }
    return commit(std::move(judged));
  });
  ASSERT_TRUE(runs->start(real()));
  const Json status = ended(*runs);
  EXPECT_EQ(status["state"], "done") << status;
  EXPECT_EQ(status["begun_anew"], 1);
  EXPECT_EQ(status["overtaken"], 3);
  EXPECT_EQ(status["changed"], 0);
  EXPECT_EQ(state_of(0), TrustState::kWarning);
}

TEST_F(OperatorReappraisalTest, LiveVerdictsOfMeanwhileStay) {
  attest(2);
  SoftwareHost host(KeyKind::kEcP256, 0);
  host.record().name = "host-0";
  apply(text(2, kHarsh));
  const auto runs = runs_with([&](std::vector<ReappraisedHost> judged) {
    EXPECT_EQ(judged.size(), 2U);
    auto newer = std::make_shared<HostState>(*hosts_.find(host.record().uid)->state);
    ++newer->sequence;  // it attested
    hosts_.put_state(newer);
    return commit(std::move(judged));
  });
  ASSERT_TRUE(runs->start(real()));
  const Json status = ended(*runs);
  EXPECT_EQ(status["changed"], 1);
  EXPECT_EQ(status["overtaken"], 1);
  EXPECT_EQ(state_of(0), TrustState::kWarning);
}

// A restart, or a kill: the position is in a file, and who goes on with it does the rest.
TEST_F(OperatorReappraisalTest, GoesOnAfterAnInterruption) {
  attest(3);
  apply(text(2, kHarsh));
  {
    const auto runs = runs_with([](std::vector<ReappraisedHost>) -> Result<ReappraisalCommit> {
      return Error{ErrorCode::kBusy, "commit", 0, "the disk is nearly full"};
    });
    ASSERT_TRUE(runs->start(real()));
    const Json status = ended(*runs);
    EXPECT_EQ(status["state"], "failed");
    EXPECT_THAT(status["error"].get<std::string>(), HasSubstr("nearly full"));
  }
  const auto after_restart =
      runs_with([this](std::vector<ReappraisedHost> judged) { return commit(std::move(judged)); });
  EXPECT_EQ(after_restart->status()["state"], "interrupted");
  EXPECT_EQ(after_restart->status()["by"], "alice");
  EXPECT_EQ(state_of(0), TrustState::kWarning) << "nobody goes on unasked";
  ASSERT_TRUE(after_restart->resume());
  EXPECT_EQ(ended(*after_restart)["changed"], 3);
  EXPECT_EQ(state_of(2), TrustState::kFailed);
  EXPECT_EQ(after_restart->resume().error().code, ErrorCode::kNotFound);
}

TEST_F(OperatorReappraisalTest, ResumesBehindWhatWasDone) {
  attest(3);
  apply(text(2, kHarsh));
  keep_position({{"selector", "host-*"},
                 {"by", "bob"},
                 {"after", "host-0"},
                 {"judged_by", to_hex(policies_->current()->id())},
                 {"done", 1}});
  const auto runs =
      runs_with([this](std::vector<ReappraisedHost> judged) { return commit(std::move(judged)); });
  ASSERT_TRUE(runs->resume());
  const Json status = ended(*runs);
  EXPECT_EQ(status["done"], 3);
  EXPECT_EQ(status["changed"], 2);
  EXPECT_EQ(state_of(0), TrustState::kWarning);
}

// What was judged before the interruption was judged by policies that are not in force any more.
TEST_F(OperatorReappraisalTest, BeginsAnewWhenItGoesOnUnderOtherPolicies) {
  expect_begun_anew(Json(to_hex(policies_->current()->id())));
}

TEST_F(OperatorReappraisalTest, BeginsAnewWhereNobodyKnowsWhatWasJudgedBy) {
  expect_begun_anew(Json(nullptr));
}

TEST_F(OperatorReappraisalTest, ADamagedPositionIsNoPosition) {
  attest(1);
  std::ofstream(file_) << R"({"selector":"ho)";
  std::filesystem::permissions(
      file_, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  const auto runs =
      runs_with([this](std::vector<ReappraisedHost> judged) { return commit(std::move(judged)); });
  EXPECT_EQ(runs->status()["state"], "none");
  EXPECT_EQ(runs->resume().error().code, ErrorCode::kNotFound);
  EXPECT_TRUE(runs->start(real()));
}

}  // namespace
}  // namespace quotemill::daemon
