#include "deploy/quotemilld/fleet_census.h"

#include <gtest/gtest.h>

namespace quotemill::daemon {
namespace {

constexpr std::int64_t kNow = 1'795'471'200'000;

class FleetCensusTest : public ::testing::Test {
 protected:
  // Its newest evidence is so old, and of this agent.
  void add(std::uint8_t number, TrustState trust, std::int64_t age_ms, const std::string& agent,
           LifeCycle life_cycle = LifeCycle::kActive) {
    HostRecord record;
    record.uid.bytes = {number};
    record.curve_key = {number};
    record.name = "host-" + std::to_string(number);
    record.ek_sha256 = record.name;
    record.life_cycle = life_cycle;
    hosts_.put(std::make_shared<const HostRecord>(record));
    HostState state;
    state.host = record.uid;
    state.state = trust;
    state.facts.agent = agent;
    state.counters = CounterRecord();
    state.counters->received = {kNow - age_ms};
    hosts_.put_state(std::make_shared<const HostState>(state));
  }

  HostTable hosts_;
};

TEST_F(FleetCensusTest, CountsHostsByStateAgentAndAge) {
  add(1, TrustState::kTrusted, 10'000, "1.0");
  add(2, TrustState::kTrusted, 50'000, "1.0");
  add(3, TrustState::kFailed, 100'000'000, "");
  add(4, TrustState::kTrusted, 10'000, "1.1", LifeCycle::kMaintenance);
  add(5, TrustState::kTrusted, 10'000, "1.2", LifeCycle::kRetired);
  const FleetCensus census = count_fleet(hosts_, {kNow});
  EXPECT_EQ(census.states.at(static_cast<std::size_t>(TrustState::kTrusted)), 3U);
  EXPECT_EQ(census.states.at(static_cast<std::size_t>(TrustState::kFailed)), 1U);
  EXPECT_EQ(census.in_maintenance, 1U);
  EXPECT_EQ(census.agents,
            (std::map<std::string, std::uint64_t>{{"1.0", 2}, {"1.1", 1}, {"unknown", 1}}));
  EXPECT_EQ(census.ages.at(0), 2U) << "within 30 s";
  EXPECT_EQ(census.ages.at(1), 1U) << "within a minute";
  EXPECT_EQ(census.ages.back(), 1U) << "more than a day";
  EXPECT_DOUBLE_EQ(census.age_sum, 100'070);
}

TEST_F(FleetCensusTest, HostsMakeFewSeriesWhateverTheyCallTheirAgents) {
  for (std::uint8_t number = 1; number <= 100; ++number) {
    add(number, TrustState::kTrusted, 0, "evil\n\"} " + std::to_string(number));
  }
  const FleetCensus census = count_fleet(hosts_, {kNow});
  EXPECT_EQ(census.agents.size(), FleetCensus::kAgentsMax + 1);
  EXPECT_EQ(census.agents.at("other"), 100 - FleetCensus::kAgentsMax);
  EXPECT_EQ(census.agents.begin()->first.find('\n'), std::string::npos);
}

}  // namespace
}  // namespace quotemill::daemon
