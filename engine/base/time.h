// Moments, as values. No clock is read in the engine: time is an argument (see
// engine/ports/clock.h).
#pragma once

#include <compare>
#include <cstdint>

namespace quotemill {

// Wall time in milliseconds since 1970-01-01 UTC. Labels what people read; decides nothing.
struct WallTime {
  std::int64_t ms = 0;
  friend auto operator<=>(const WallTime&, const WallTime&) = default;
};

// Milliseconds of CLOCK_BOOTTIME: monotonic, counts suspend. Decides deadlines; meaningless after a
// restart of the machine.
struct BootTime {
  std::int64_t ms = 0;
  friend auto operator<=>(const BootTime&, const BootTime&) = default;
};

// Both clocks, read together.
struct Moment {
  WallTime wall;
  BootTime boot;
};

}  // namespace quotemill
