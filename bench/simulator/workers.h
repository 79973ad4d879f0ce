// Workers: a fleet too large for one process's descriptors, divided among several that measure at
// the same time.
//
// Each is this program again. It says "ready" on its standard output once its hosts are warm, waits
// for a line on its standard input, and ends with its tally. All start together when all are ready.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "bench/simulator/tally.h"
#include "engine/base/result.h"

namespace quotemill::bench {

// How many hosts this process may have open at once: two descriptors each.
std::uint32_t hosts_per_process();

// Runs this program once for each list of arguments, and merges what they counted. Fails if one
// fails; then all are ended.
Result<Tally> run_workers(const std::vector<std::vector<std::string>>& arguments);

// A worker's side: tells that it is ready, waits for the beginning; false if its parent is gone.
bool wait_for_start();
void tell_tally(const Tally& tally);

}  // namespace quotemill::bench
