// Mining: the fleet's unknown events, grouped by platform and content, from stored evidence.
//
// Of the hosts whose boots a quote proved, each stored log is interpreted once for each distinct
// content and snapshot; of logs that are told alike (LogClasses) one is read. What is unknown in
// one PCR is the unit: hosts of one platform that have the same there are a group, and the other
// groups of that platform and PCR differ from it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/appraise/mining.h"
#include "engine/pipeline/host_table.h"
#include "engine/pipeline/policies_in_force.h"
#include "engine/ports/history.h"

namespace quotemill::daemon {

// Vendor and model as hosts say; the firmware as it was measured. All escaped.
struct MinedPlatform {
  std::string vendor;
  std::string model;
  std::string firmware;

  friend auto operator<=>(const MinedPlatform&, const MinedPlatform&) = default;
};

struct MinedGroup {
  std::string id;  // twelve hexadecimal digits, of platform, PCR and content
  MinedPlatform platform;
  std::uint32_t pcr = 0;
  std::vector<UnknownEvent> events;
  std::uint64_t hosts = 0;         // that have just this
  std::uint64_t of_platform = 0;   // mined hosts of the platform
  std::uint64_t explained = 0;     // of them: with nothing unknown in the PCR
  std::vector<std::string> names;  // of a few
};

struct Mined {
  std::uint64_t hosts = 0;       // looked at
  std::uint64_t unproven = 0;    // of them: without a proven boot, or a policy
  std::uint64_t unreadable = 0;  // their log is not in the store, or damaged
  std::uint64_t distinct_logs = 0;
  std::vector<MinedGroup> groups;  // those of most hosts first
};

// `pcrs`: those looked at; 0: all that policies quote. Never PCR 10, and none that was not quoted.
Mined mine(const HostTable& hosts, const PoliciesInForce& policies, const History& history,
           std::uint32_t pcrs);

// A file of our own form with the group's events, for an import.
std::string reference_file_of(const MinedGroup& group);

}  // namespace quotemill::daemon
