#include "deploy/quotemilld/fleet_census.h"

#include <algorithm>

#include "engine/base/text.h"

namespace quotemill::daemon {
namespace {

constexpr std::size_t kPage = 1'000;
constexpr std::size_t kVersionMax = 32;

void add_age(FleetCensus& census, double seconds) {
  const auto bound =
      std::lower_bound(FleetCensus::kAgeBounds.begin(), FleetCensus::kAgeBounds.end(), seconds);
  ++census.ages.at(static_cast<std::size_t>(bound - FleetCensus::kAgeBounds.begin()));
  census.age_sum += seconds;
}

void add_agent(FleetCensus& census, std::string_view version) {
  std::string name = version.empty() ? "unknown" : escaped(version, kVersionMax);
  if (census.agents.size() >= FleetCensus::kAgentsMax && !census.agents.contains(name)) {
    name = "other";
  }
  ++census.agents[name];
}

void add(FleetCensus& census, const Host& host, WallTime now) {
  ++census.states.at(static_cast<std::size_t>(host.state->state));
  census.in_maintenance += host.record->life_cycle == LifeCycle::kMaintenance ? 1U : 0U;
  if (host.state->counters) {
    const std::int64_t age_ms = now.ms - host.state->counters->received.ms;
    add_age(census, std::max(0.0, static_cast<double>(age_ms) / 1'000.0));
    add_agent(census, host.state->facts.agent);
  }
}

}  // namespace

FleetCensus count_fleet(const HostTable& hosts, WallTime now) {
  FleetCensus census;
  for (std::string after;;) {
    const std::vector<Host> page = hosts.list(after, kPage);
    for (const Host& host : page) {
      if (host.record->may_attest()) {
        add(census, host, now);
      }
    }
    if (page.size() < kPage) {
      return census;
    }
    after = page.back().record->name;
  }
}

}  // namespace quotemill::daemon
