#include "transport/socket/rate_limiter.h"

#include <algorithm>

namespace quotemill::transport {
namespace {

// A sweep visits every bucket; under an attack of made-up keys it must not run for each of them.
constexpr std::int64_t kSweepIntervalMs = 1'000;

}  // namespace

double TokenBucket::tokens_at(const Rate& rate, std::int64_t now_ms) const {
  const auto elapsed_ms = static_cast<double>(std::max<std::int64_t>(0, now_ms - updated_ms_));
  return std::min(rate.burst, rate.burst - used_ + elapsed_ms * rate.per_second / 1000.0);
}

bool TokenBucket::allow(const Rate& rate, std::int64_t now_ms) {
  if (rate.per_second <= 0) {
    return true;
  }
  const double tokens = tokens_at(rate, now_ms);
  const bool allowed = tokens >= 1.0;
  used_ = rate.burst - tokens + (allowed ? 1.0 : 0.0);
  updated_ms_ = now_ms;
  return allowed;
}

bool TokenBucket::is_full(const Rate& rate, std::int64_t now_ms) const {
  return tokens_at(rate, now_ms) >= rate.burst;
}

bool RateLimiter::allow(std::string_view key, std::int64_t now_ms) {
  if (rate_.per_second <= 0) {
    return true;
  }
  const auto found = buckets_.find(std::string(key));
  if (found != buckets_.end()) {
    return found->second.allow(rate_, now_ms);
  }
  if (buckets_.size() >= keys_max_) {
    forget_full(now_ms);
  }
  if (buckets_.size() >= keys_max_) {
    return false;
  }
  return buckets_[std::string(key)].allow(rate_, now_ms);
}

void RateLimiter::forget_full(std::int64_t now_ms) {
  if (now_ms - swept_ms_ < kSweepIntervalMs) {
    return;
  }
  swept_ms_ = now_ms;
  std::erase_if(buckets_, [&](const auto& entry) { return entry.second.is_full(rate_, now_ms); });
}

}  // namespace quotemill::transport
