// SystemClock: the machine's clocks.
#pragma once

#include <ctime>

#include "engine/ports/clock.h"

namespace quotemill::daemon {

class SystemClock final : public Clock {
 public:
  [[nodiscard]] Moment now() const override {
    return {{read_ms(CLOCK_REALTIME)}, {read_ms(CLOCK_BOOTTIME)}};
  }

 private:
  static std::int64_t read_ms(clockid_t clock) {
    timespec now{};
    clock_gettime(clock, &now);
    return std::int64_t{now.tv_sec} * 1000 + now.tv_nsec / 1'000'000;
  }
};

}  // namespace quotemill::daemon
