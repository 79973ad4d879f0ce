// ServerLog: lines for whoever runs the server, limited per cause so that hostile peers cannot
// fill a disk. What is held back is counted and told with the next line of that cause.
//
// Not for sharing between threads.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "transport/socket/rate_limiter.h"

namespace quotemill::transport {

enum class LogLevel : std::uint8_t { kInfo, kWarning, kError };

// Why a line is written; each cause has its own limit.
enum class LogCause : std::uint8_t {
  kUnknownKey,
  kMalformed,
  kIdentity,
  kNonceReused,
  kLogRefused,
  kLogWithheld,
  kExpired,
  kStoreBehind,
  kReceiptClaimed,
  kInternal,
  kMemory,
};

// Host names are safe to print (engine/base/text.h: is_host_name); `host` is empty where there is
// none. `text` is already escaped.
using LogSink = std::function<void(LogLevel, std::string_view host, std::string_view text)>;

// The bound of one kind of line: 20 at once, one a second in the long run. One thread at a time.
class LineLimit {
 public:
  // nullopt: not now. Else how many were held back since the last one that was not.
  std::optional<std::uint64_t> allow(std::int64_t now_ms);

 private:
  TokenBucket bucket_;
  std::uint64_t held_back_ = 0;
};

// " (7 more of this kind were not written)"; "" for none.
std::string held_back_words(std::uint64_t held_back);

class ServerLog {
 public:
  // An empty sink is allowed and drops everything.
  explicit ServerLog(LogSink sink) : sink_(std::move(sink)) {}

  // `text`: host-supplied parts escaped by the caller. `now_ms`: any monotonic clock.
  void write(LogCause cause, std::string_view host, const std::string& text, std::int64_t now_ms);

 private:
  static constexpr std::size_t kCauses = 11;

  LogSink sink_;
  std::array<LineLimit, kCauses> limits_;
};

}  // namespace quotemill::transport
