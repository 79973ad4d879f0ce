// Readiness: whether evidence is judged and remembered, and if not, why not. What /readyz says.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/ports/history.h"

namespace quotemill::daemon {

struct ReadinessSigns {
  Result<StoreStatus> store;
  bool is_draining = false;
  bool commits_fail = false;   // the last durable write did
  std::int64_t silent_ms = 0;  // since the loop that feeds the watchdog came round
};

struct Hindrance {
  std::string name;  // "draining", "store", "commits", "watchdog"
  std::string why;   // printable
};

// Empty: ready. Pure.
std::vector<Hindrance> hindrances(const ReadinessSigns& signs);

}  // namespace quotemill::daemon
