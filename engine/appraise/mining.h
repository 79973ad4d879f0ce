// Mining: what a boot holds that no baseline of its policy knows, so that a fleet's unknown events
// can be grouped by what they are. Pure; any thread.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/eventlog/boot_log.h"
#include "engine/policy/snapshot.h"

namespace quotemill {

struct UnknownEvent {
  std::uint32_t pcr = 0;
  std::uint32_t type = 0;  // a hint: it is not measured
  Digest digest;
  std::string description;  // escaped; a hint as well

  // What it is about is not proven: events are the same if their PCR and digest are.
  friend bool operator==(const UnknownEvent& left, const UnknownEvent& right) {
    return left.pcr == right.pcr && left.digest == right.digest;
  }
};

struct MinedBoot {
  std::string
      firmware;  // EV_S_CRTM_VERSION, escaped; "unproven" if its data is not what it measured
  std::vector<UnknownEvent> unknown;  // in the log's order
};

// The events of PCRs in `pcrs` (bit n is PCR n) with a digest that no reference set of the snapshot
// knows for the PCR and no golden boot has in it; but those that need none (separators, actions).
// REQUIRES: a quote proved the log for these PCRs
MinedBoot mine_boot(const BootLog& log, HashAlgorithm bank, std::uint32_t pcrs,
                    const Snapshot& snapshot);

}  // namespace quotemill
