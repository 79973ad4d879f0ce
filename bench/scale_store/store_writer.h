// Writes the hosts of a ScaleFleet through the storage library, in large batches, and measures
// that.
#pragma once

#include <string>

#include "bench/scale_store/scale_fleet.h"

namespace quotemill::bench {

struct WriteCost {
  double commit_seconds = 0;        // in commits, until durable
  std::uint64_t record_bytes = 0;   // evidence, states, logs as they were given to them, roughly
  std::uint64_t written_bytes = 0;  // that the process gave to write(2), all of it
};

// Into a store that must not be there yet; closed when it returns.
Result<WriteCost> write_store(const std::string& folder, unsigned hosts, ScaleFleet& fleet);

}  // namespace quotemill::bench
