// What a durable commit costs in the store alone.
#pragma once

#include "bench/workload/settings.h"

namespace quotemill::bench {

// storage/commit/256: one commit of the verdicts of 256 hosts of which nothing changed, per host.
void register_commits(const Settings& settings);

}  // namespace quotemill::bench
