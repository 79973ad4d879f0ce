// ManualClock: time that stands still until a test moves it. Any thread.
#pragma once

#include <mutex>

#include "engine/ports/clock.h"

namespace quotemill::testing {

class ManualClock final : public Clock {
 public:
  // 2023-11-14, 500 s after the machine's start.
  ManualClock() : now_{{1'700'000'000'000}, {500'000}} {}

  [[nodiscard]] Moment now() const override {
    const std::lock_guard lock(mutex_);
    return now_;
  }

  // Both clocks, as time goes by.
  void advance(std::int64_t ms) {
    const std::lock_guard lock(mutex_);
    now_.wall.ms += ms;
    now_.boot.ms += ms;
  }

  // Only the wall clock, as when somebody sets it.
  void step_wall(std::int64_t ms) {
    const std::lock_guard lock(mutex_);
    now_.wall.ms += ms;
  }

 private:
  mutable std::mutex mutex_;
  Moment now_;
};

}  // namespace quotemill::testing
