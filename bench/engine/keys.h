// engine/key/rsa2048: a host's AK, from its TPMT_PUBLIC to what checks its signatures: what a host
// costs that attests for the first time since the daemon started, or came back.
#pragma once

#include "bench/workload/settings.h"

namespace quotemill::bench {

void register_keys(const Settings& settings);

}  // namespace quotemill::bench
