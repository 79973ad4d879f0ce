// engine/gateway/16: what a message of a gateway costs without the network: sixteen hosts' frames
// are taken out of it and read, each host's quote is judged, and sixteen receipts are put into one
// answer. One item is one host.
#pragma once

#include "bench/workload/settings.h"

namespace quotemill::bench {

void register_gateway(const Settings& settings);

}  // namespace quotemill::bench
