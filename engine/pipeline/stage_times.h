// StageTimes: how long the stages take, as histograms with fixed bounds. Relaxed atomics; any
// thread.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace quotemill {

class DurationHistogram {
 public:
  // Upper bounds, inclusive, in microseconds; what is longer falls into one more bucket.
  static constexpr std::array<std::int64_t, 14> kBounds = {
      100,    250,    500,     1'000,   2'500,     5'000,     10'000,
      25'000, 50'000, 100'000, 250'000, 1'000'000, 5'000'000, 30'000'000};

  void observe(std::chrono::microseconds duration) {
    std::size_t bucket = 0;
    while (bucket < kBounds.size() && duration.count() > kBounds[bucket]) {
      ++bucket;
    }
    counts_[bucket].fetch_add(1, std::memory_order_relaxed);
    sum_us_.fetch_add(duration.count(), std::memory_order_relaxed);
  }

  // Of bucket 0 to kBounds.size().
  [[nodiscard]] std::uint64_t count(std::size_t bucket) const {
    return counts_[bucket].load(std::memory_order_relaxed);
  }

  [[nodiscard]] std::int64_t sum_us() const { return sum_us_.load(std::memory_order_relaxed); }

 private:
  std::array<std::atomic<std::uint64_t>, kBounds.size() + 1> counts_{};
  std::atomic<std::int64_t> sum_us_{0};
};

// Observes how long it lives.
class StageTimer {
 public:
  explicit StageTimer(DurationHistogram& histogram) : histogram_(histogram) {}

  StageTimer(const StageTimer&) = delete;
  StageTimer& operator=(const StageTimer&) = delete;

  ~StageTimer() {
    histogram_.observe(std::chrono::duration_cast<std::chrono::microseconds>(
        std::chrono::steady_clock::now() - begin_));
  }

 private:
  DurationHistogram& histogram_;
  const std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
};

struct StageTimes {
  DurationHistogram judge;    // of a batch
  DurationHistogram commit;   // of a batch, until it is durable and answered
  DurationHistogram receipt;  // of one attestation, from its evidence to its receipt
};

}  // namespace quotemill
