// StageTimes: how long the stages take, and how many are judged at once, as histograms with fixed
// bounds. Relaxed atomics; any thread.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace quotemill {

// Upper bounds are inclusive; what is larger than the last falls into one more bucket.
template <const auto& kUpperBounds>
class Histogram {
 public:
  static constexpr const auto& kBounds = kUpperBounds;

  void observe(std::int64_t value) {
    std::size_t bucket = 0;
    while (bucket < kBounds.size() && value > kBounds[bucket]) {
      ++bucket;
    }
    counts_[bucket].fetch_add(1, std::memory_order_relaxed);
    sum_.fetch_add(value, std::memory_order_relaxed);
  }

  // Of bucket 0 to kBounds.size().
  [[nodiscard]] std::uint64_t count(std::size_t bucket) const {
    return counts_[bucket].load(std::memory_order_relaxed);
  }

  // Of all buckets.
  [[nodiscard]] std::uint64_t total() const {
    std::uint64_t total = 0;
    for (std::size_t bucket = 0; bucket < counts_.size(); ++bucket) {
      total += count(bucket);
    }
    return total;
  }

  [[nodiscard]] std::int64_t sum() const { return sum_.load(std::memory_order_relaxed); }

 private:
  std::array<std::atomic<std::uint64_t>, kUpperBounds.size() + 1> counts_{};
  std::atomic<std::int64_t> sum_{0};
};

inline constexpr std::array<std::int64_t, 14> kDurationBoundsUs = {
    100,    250,    500,     1'000,   2'500,     5'000,     10'000,
    25'000, 50'000, 100'000, 250'000, 1'000'000, 5'000'000, 30'000'000};

class DurationHistogram : public Histogram<kDurationBoundsUs> {
 public:
  void observe(std::chrono::microseconds duration) { Histogram::observe(duration.count()); }
};

// Up to limits::kBatchItemsMax.
inline constexpr std::array<std::int64_t, 9> kBatchSizeBounds = {1, 2, 4, 8, 16, 32, 64, 128, 256};

using BatchSizeHistogram = Histogram<kBatchSizeBounds>;

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
  DurationHistogram queue;    // of one submission, in the inbox
  DurationHistogram crypto;   // of one quote: its signature, and whether it answers the challenge
  DurationHistogram replay;   // of one boot log
  DurationHistogram policy;   // of one boot log: its events against policy and baselines
  DurationHistogram judge;    // of a batch
  DurationHistogram commit;   // of a batch, until it is durable and answered
  DurationHistogram receipt;  // of one attestation, from its evidence to its receipt
};

}  // namespace quotemill
