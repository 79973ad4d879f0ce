// How long one small quote takes through a whole pipeline with a store on a disk: from being
// offered to its durable receipt, one after another.
#pragma once

#include "bench/workload/settings.h"

namespace quotemill::bench {

// pipeline/quote_latency/alone: nothing else is there.
// pipeline/quote_latency/beside_list/<n>: while runtime lists of n entries are judged, one upon the
// other. The counters p50_us and p99_us, and `lists`: how many were judged meanwhile.
void register_quote_latency(const Settings& settings);

}  // namespace quotemill::bench
