// Backoff: how long to wait before trying again. Doubles up to a bound, with jitter, so that a
// fleet does not come back in step after an outage. One thread.
#pragma once

#include <algorithm>
#include <cstdint>
#include <random>

namespace quotemill::agent {

class Backoff {
 public:
  // Milliseconds; 0 < min_ms <= max_ms. The seed comes from the system's random source.
  Backoff(std::int64_t min_ms, std::int64_t max_ms, std::uint64_t seed)
      : min_ms_(min_ms), max_ms_(max_ms), random_(seed) {}

  // From half to the whole of the present step; the next step is twice as long.
  std::int64_t next_ms() {
    const std::int64_t whole = std::min(max_ms_, min_ms_ << std::min(failures_, 30U));
    ++failures_;
    return std::uniform_int_distribution<std::int64_t>(whole / 2, whole)(random_);
  }

  void reset() { failures_ = 0; }

  [[nodiscard]] unsigned failures() const { return failures_; }

 private:
  const std::int64_t min_ms_;
  const std::int64_t max_ms_;
  unsigned failures_ = 0;
  std::mt19937_64 random_;
};

}  // namespace quotemill::agent
