#include "bench/simulator/histogram.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace quotemill::bench {

// Values below 2^(kSubBits + 1) have a bucket each; above, each doubling is divided in 2^kSubBits.
std::size_t Histogram::bucket_of(std::uint64_t value) {
  const auto width = static_cast<unsigned>(std::bit_width(value));
  const unsigned shift = width > kSubBits + 1 ? width - kSubBits - 1 : 0;
  return (std::size_t{shift} << kSubBits) + (value >> shift);
}

std::uint64_t Histogram::highest_of(std::size_t bucket) {
  if (bucket < std::size_t{2} << kSubBits) {
    return bucket;
  }
  const std::size_t shift = (bucket >> kSubBits) - 1;
  const std::uint64_t lead = bucket - (shift << kSubBits);
  return ((lead + 1) << shift) - 1;
}

void Histogram::add(std::uint64_t microseconds) {
  add_bucket(std::min(bucket_of(microseconds), kBuckets - 1), 1);
  add_max(microseconds);
}

void Histogram::add_bucket(std::size_t bucket, std::uint64_t count) {
  if (bucket < kBuckets) {
    counts_.at(bucket) += count;
    count_ += count;
  }
}

void Histogram::add_max(std::uint64_t microseconds) {
  max_ = std::max(max_, microseconds);
}

void Histogram::merge(const Histogram& other) {
  for (std::size_t bucket = 0; bucket < kBuckets; ++bucket) {
    add_bucket(bucket, other.counts_.at(bucket));
  }
  add_max(other.max_);
}

std::uint64_t Histogram::percentile(double share) const {
  const auto wanted = static_cast<std::uint64_t>(std::ceil(share * static_cast<double>(count_)));
  std::uint64_t seen = 0;
  for (std::size_t bucket = 0; bucket < kBuckets; ++bucket) {
    seen += counts_.at(bucket);
    if (seen >= wanted && seen != 0) {
      return std::min(highest_of(bucket), max_);
    }
  }
  return 0;
}

std::vector<std::pair<std::size_t, std::uint64_t>> Histogram::buckets() const {
  std::vector<std::pair<std::size_t, std::uint64_t>> out;
  for (std::size_t bucket = 0; bucket < kBuckets; ++bucket) {
    if (counts_.at(bucket) != 0) {
      out.emplace_back(bucket, counts_.at(bucket));
    }
  }
  return out;
}

}  // namespace quotemill::bench
