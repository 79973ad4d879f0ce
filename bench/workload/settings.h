// Settings: what all benchmarks are told.
#pragma once

#include <vector>

#include "bench/workload/boot_image.h"
#include "engine/base/limits.h"

namespace quotemill::bench {

struct Settings {
  std::vector<BootImage> images;     // the modelled one first
  std::vector<BootImage> more_logs;  // for what is measured on one log at a time
  // Machines, or keys, that a benchmark on one thread goes through in turn: so many that their data
  // does not stay in the first-level cache, as in a fleet.
  unsigned machines = 64;
  // Machines in front of a pipeline: 32 full batches, so that its two ends weigh little. The last
  // batches are committed by one thread while the workers have nothing left to do: with sixteen
  // batches that was a twentieth of the time that two threads took.
  unsigned fleet = 32 * limits::kBatchItemsMax;
};

}  // namespace quotemill::bench
