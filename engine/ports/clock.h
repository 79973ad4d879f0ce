// Clock: the one source of time. The system's in programs, a hand-driven one in tests.
#pragma once

#include "engine/base/time.h"

namespace quotemill {

class Clock {
 public:
  Clock() = default;
  Clock(const Clock&) = delete;
  Clock& operator=(const Clock&) = delete;
  virtual ~Clock() = default;

  // Any thread.
  [[nodiscard]] virtual Moment now() const = 0;
};

}  // namespace quotemill
