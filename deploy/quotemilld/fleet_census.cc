#include "deploy/quotemilld/fleet_census.h"

#include <algorithm>

#include "engine/base/text.h"

namespace quotemill::daemon {
namespace {

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

void add(FleetCensus& census, const HostGlance& host, WallTime now) {
  ++census.states.at(static_cast<std::size_t>(host.state));
  census.in_maintenance += host.life_cycle == LifeCycle::kMaintenance ? 1U : 0U;
  if (host.received) {
    const std::int64_t age_ms = now.ms - host.received->ms;
    add_age(census, std::max(0.0, static_cast<double>(age_ms) / 1'000.0));
    add_agent(census, host.facts.agent);
  }
}

}  // namespace

FleetCensus count_fleet(const HostTable& hosts, WallTime now) {
  FleetCensus census;
  hosts.glance({}, [&](const HostGlance& host) {
    add(census, host, now);  // those that are listed may attest
    return true;
  });
  return census;
}

}  // namespace quotemill::daemon
