#include "deploy/quotemilld/reattest_wave.h"

#include <gmock/gmock.h>

#include "tests/deploy/quotemilld/operator_fixture.h"

namespace quotemill::daemon {
namespace {

using transport::Json;

class ReattestWaveTest : public OperatorFixture {
 protected:
  void add_hosts(unsigned count) {
    for (unsigned number = 1; number <= count; ++number) {
      const HostRecord record = host_record(static_cast<std::uint8_t>(number),
                                            "web-" + std::to_string(number), LifeCycle::kActive);
      add(record);
      set_state(record, TrustState::kTrusted);
    }
  }

  void answer(unsigned number, TrustState trust) {
    HostUid uid;
    uid.bytes.fill(static_cast<std::uint8_t>(number));
    auto state = std::make_shared<HostState>(*hosts_.find(uid)->state);
    ++state->sequence;
    state->state = trust;
    hosts_.put_state(state);
  }

  Json begin(std::uint64_t rate, std::int64_t deadline_ms, const std::string& hosts = "web-*") {
    const Json started = ask(
        "reattest.wave",
        {{"hosts", hosts}, {"rate", rate}, {"deadline_ms", deadline_ms}, {"operator", "alice"}});
    waves_.step();
    return started;
  }

  Json after(std::int64_t ms) {
    clock_.advance(ms);
    waves_.step();
    return ask("reattest.wave.status");
  }
};

TEST_F(ReattestWaveTest, ChallengesGoOutAtTheRate) {
  add_hosts(8);
  begin(2, 60'000);
  EXPECT_EQ(asked_.size(), 1U);
  after(1'000);
  EXPECT_EQ(asked_.size(), 3U);
  after(1'000);
  EXPECT_EQ(asked_.size(), 5U);
  after(60'000);
  EXPECT_EQ(asked_.size(), 8U) << "each once";
}

TEST_F(ReattestWaveTest, WhatCannotBeKeptIsNotBegun) {
  add_hosts(2);
  store_.fail_next_commit();
  EXPECT_EQ(refusal("reattest.wave", {{"hosts", "web-*"}, {"operator", "alice"}}).code,
            ErrorCode::kStorage);
  waves_.step();
  EXPECT_TRUE(asked_.empty());
  EXPECT_EQ(ask("reattest.wave.status")["state"], "none");
}

TEST_F(ReattestWaveTest, TellsWhoAnsweredWhoChangedAndWhoIsSilent) {
  add_hosts(4);
  begin(0, 10'000);
  answer(1, TrustState::kTrusted);
  answer(2, TrustState::kFailed);
  Json status = after(100);
  EXPECT_EQ(status["state"], "running");
  EXPECT_EQ(status["answered"], 2);
  EXPECT_EQ(status["changed"], 1);
  EXPECT_EQ(status["waiting"], 2);
  status = after(10'000);
  EXPECT_EQ(status["state"], "done");
  EXPECT_EQ(status["silent"], 2);
  EXPECT_EQ(status["silent_hosts"], Json({"web-3", "web-4"}));
  EXPECT_EQ(status["changes"][0]["from"], "trusted");
  EXPECT_EQ(status["changes"][0]["to"], "failed");
}

TEST_F(ReattestWaveTest, EndsWhenAllHaveAnswered) {
  add_hosts(1);
  begin(0, 10'000);
  answer(1, TrustState::kTrusted);
  EXPECT_EQ(after(50)["state"], "done");
}

TEST_F(ReattestWaveTest, IsAudited) {
  add_hosts(1);
  begin(0, 10'000);
  ASSERT_EQ(store_.audit_head()->number, 1U);
  EXPECT_EQ(store_.audit(1, 1)->front().act.verb, "reattest.wave");
  EXPECT_EQ(store_.audit(1, 1)->front().act.subject, "web-*");
  EXPECT_EQ(acts_.back().who, "alice");
}

TEST_F(ReattestWaveTest, ClocksThatAreSetMoveNothing) {
  add_hosts(1);
  begin(0, 10'000);
  clock_.step_wall(86'400'000);
  EXPECT_EQ(after(100)["state"], "running");
  clock_.step_wall(-2 * 86'400'000LL);
  EXPECT_EQ(after(100)["state"], "running");
  EXPECT_EQ(after(10'000)["silent"], 1);
}

TEST_F(ReattestWaveTest, HostsThatAreRetiredOrReenrolledMeanwhileAreGone) {
  add_hosts(3);
  begin(0, 10'000);
  HostRecord reenrolled = *hosts_.find_by_name("web-1")->record;
  ++reenrolled.generation;
  add(reenrolled);
  ask("retire", {{"host", "web-2"}, {"operator", "alice"}});
  const Json status = after(10'000);
  EXPECT_EQ(status["gone"], 2);
  EXPECT_EQ(status["silent_hosts"], Json({"web-3"}));
}

TEST_F(ReattestWaveTest, RefusesNobodyASecondOneAndADeadlineThatIsTooSoon) {
  add_hosts(3);
  EXPECT_EQ(refusal("reattest.wave", {{"hosts", "db-*"}, {"operator", "a"}}).code,
            ErrorCode::kNotFound);
  EXPECT_EQ(refusal("reattest.wave",
                    {{"hosts", "web-*"}, {"rate", 1}, {"deadline_ms", 2'000}, {"operator", "a"}})
                .code,
            ErrorCode::kConfig);
  begin(1, 60'000);
  EXPECT_EQ(refusal("reattest.wave", {{"hosts", "web-*"}, {"operator", "a"}}).code,
            ErrorCode::kConflict);
  ask("reattest.wave.stop", {{"operator", "a"}});
  EXPECT_EQ(after(60'000)["asked"], 1) << "nobody more";
}

TEST_F(ReattestWaveTest, ADryRunAsksNobody) {
  add_hosts(3);
  EXPECT_EQ(ask("reattest.wave.check", {{"hosts", "web-*"}, {"operator", "a"}})["hosts"], 3);
  waves_.step();
  EXPECT_TRUE(asked_.empty());
}

// A wave is in memory: after a restart there is none, and who was asked answers as ever.
TEST_F(ReattestWaveTest, ARestartEndsIt) {
  add_hosts(1);
  begin(0, 10'000);
  const ReattestWaves restarted(
      hosts_, Challenger([](std::vector<HostUid> hosts) { return hosts; }), clock_, false);
  EXPECT_EQ(restarted.status()["state"], "none");
  EXPECT_EQ(restarted.status()["wave"], 0);
}

}  // namespace
}  // namespace quotemill::daemon
