// Histogram: how often each duration was seen, in buckets no wider than 1/64 of it. Merges exactly.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace quotemill::bench {

class Histogram {
 public:
  void add(std::uint64_t microseconds);
  void merge(const Histogram& other);

  [[nodiscard]] std::uint64_t count() const { return count_; }

  // The longest, as it was.
  [[nodiscard]] std::uint64_t max() const { return max_; }

  // A value that this share (0 to 1) of them does not exceed, at most 1/64 too high; 0 if empty.
  [[nodiscard]] std::uint64_t percentile(double share) const;

  // The buckets that are not empty, for another process, which adds them again.
  [[nodiscard]] std::vector<std::pair<std::size_t, std::uint64_t>> buckets() const;
  void add_bucket(std::size_t bucket, std::uint64_t count);
  void add_max(std::uint64_t microseconds);

 private:
  static constexpr unsigned kSubBits = 6;
  static constexpr std::size_t kBuckets = (65 - kSubBits) << kSubBits;

  static std::size_t bucket_of(std::uint64_t value);
  static std::uint64_t highest_of(std::size_t bucket);

  std::array<std::uint64_t, kBuckets> counts_{};
  std::uint64_t count_ = 0;
  std::uint64_t max_ = 0;
};

}  // namespace quotemill::bench
