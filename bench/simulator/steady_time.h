// The simulator's clock.
#pragma once

#include <chrono>
#include <cstdint>

namespace quotemill::bench {

// Of a steady clock, in microseconds.
inline std::uint64_t now_us() {
  return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::microseconds>(
                                        std::chrono::steady_clock::now().time_since_epoch())
                                        .count());
}

}  // namespace quotemill::bench
