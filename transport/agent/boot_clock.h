// The agent's clock: CLOCK_BOOTTIME, which no setting of a wall clock moves, and a suspend does.
#pragma once

#include <cstdint>
#include <ctime>

namespace quotemill::agent {

inline std::int64_t boot_ms() {
  timespec now{};
  clock_gettime(CLOCK_BOOTTIME, &now);
  return std::int64_t{now.tv_sec} * 1000 + now.tv_nsec / 1'000'000;
}

}  // namespace quotemill::agent
