// RateLimiter: token buckets by key, bounded in number. For handshakes, log lines, routes.
//
// Time is an argument. Not for sharing between threads.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

namespace quotemill::transport {

struct Rate {
  double per_second = 0;  // 0: unlimited
  double burst = 1;
};

// One bucket, for whoever has a place of its own to keep it.
class TokenBucket {
 public:
  // Takes a token if there is one at `now_ms` (any monotonic clock).
  bool allow(const Rate& rate, std::int64_t now_ms);

  // Whether it holds `rate.burst` tokens at `now_ms`: forgetting it changes nothing then.
  [[nodiscard]] bool is_full(const Rate& rate, std::int64_t now_ms) const;

 private:
  [[nodiscard]] double tokens_at(const Rate& rate, std::int64_t now_ms) const;

  double used_ = 0;  // below the burst, at updated_ms_
  std::int64_t updated_ms_ = 0;
};

class RateLimiter {
 public:
  // At most `keys_max` buckets. When they are all in use, keys without one are refused: whoever
  // makes up keys must not push out those of others.
  RateLimiter(const Rate& rate, std::size_t keys_max) : rate_(rate), keys_max_(keys_max) {}

  bool allow(std::string_view key, std::int64_t now_ms);

  [[nodiscard]] std::size_t size() const { return buckets_.size(); }

 private:
  void forget_full(std::int64_t now_ms);

  Rate rate_;
  std::size_t keys_max_;
  std::int64_t swept_ms_ = -1'000'000;
  std::unordered_map<std::string, TokenBucket> buckets_;
};

}  // namespace quotemill::transport
