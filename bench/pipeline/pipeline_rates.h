// What a whole pipeline does: evidence offered to the Inbox, judged by the graph's workers,
// committed to RocksDB on a disk, and replied to; all threads together on so many CPUs.
#pragma once

#include "bench/workload/settings.h"

namespace quotemill::bench {

// pipeline/quote_only/threads:<n>: hosts of which nothing changed; RSA-2048.
// pipeline/fleet/threads:<n>: hosts of one image with logs that were never seen, as after a reboot
// into what was rolled out; their keys are ready to check, as for engine/fleet.
void register_pipeline_rates(const Settings& settings);

}  // namespace quotemill::bench
