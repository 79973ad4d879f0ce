// What a durable commit costs in the store alone.
#pragma once

#include "bench/workload/settings.h"

namespace quotemill::bench {

// storage/commit/256: one commit of the verdicts of 256 hosts of which nothing changed, per host.
// storage/commit_fleet/256: of 256 hosts of a fleet who booted and sent their logs.
void register_commits(const Settings& settings);

}  // namespace quotemill::bench
