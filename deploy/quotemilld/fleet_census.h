// FleetCensus: the fleet, counted host by host.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>

#include "engine/base/time.h"
#include "engine/pipeline/host_table.h"

namespace quotemill::daemon {

struct FleetCensus {
  // Of evidence, in seconds: within its interval, some intervals, hours, a day.
  static constexpr std::array<double, 8> kAgeBounds = {30,  60,    120,    300,
                                                       900, 3'600, 21'600, 86'400};
  // More versions of agents are "other": hosts say what they like.
  static constexpr std::size_t kAgentsMax = 20;

  std::array<std::uint64_t, 5> states{};  // by TrustState, of hosts that may attest
  std::uint64_t in_maintenance = 0;
  std::array<std::uint64_t, kAgeBounds.size() + 1> ages{};
  double age_sum = 0;                           // seconds
  std::map<std::string, std::uint64_t> agents;  // by version, escaped
};

FleetCensus count_fleet(const HostTable& hosts, WallTime now);

}  // namespace quotemill::daemon
