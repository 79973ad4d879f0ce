// What it costs to read a boot log, step by step, on one thread.
#pragma once

#include "bench/workload/settings.h"

namespace quotemill::bench {

// engine/log_parse/<log>, engine/log_replay/<log>: framing; one bank replayed; of one log, which
// stays in the cache.
// engine/log_parse_in_turn/<log>: framing of many machines' logs in turn.
// engine/log_proofs/<log>: what each event's digest proves (all data digests, and their rules).
// engine/log_claims/<log>: proofs and every claim, as drawn for people.
void register_log_reading(const Settings& settings);

}  // namespace quotemill::bench
