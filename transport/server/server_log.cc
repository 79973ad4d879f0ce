#include "transport/server/server_log.h"

#include <utility>

namespace quotemill::transport {
namespace {

constexpr Rate kLinesPerCause{1.0, 20};

LogLevel level_of(LogCause cause) {
  switch (cause) {
    case LogCause::kExpired:  // ordinary after a restart of ours
      return LogLevel::kInfo;
    case LogCause::kUnknownKey:
    case LogCause::kMalformed:
    case LogCause::kIdentity:
    case LogCause::kNonceReused:
    case LogCause::kLogRefused:
    case LogCause::kLogWithheld:
    case LogCause::kReceiptClaimed:
      return LogLevel::kWarning;
    case LogCause::kStoreBehind:
    case LogCause::kInternal:
    case LogCause::kMemory:
      return LogLevel::kError;
  }
  return LogLevel::kError;
}

}  // namespace

std::optional<std::uint64_t> LineLimit::allow(std::int64_t now_ms) {
  if (!bucket_.allow(kLinesPerCause, now_ms)) {
    ++held_back_;
    return std::nullopt;
  }
  return std::exchange(held_back_, 0);
}

std::string held_back_words(std::uint64_t held_back) {
  return held_back == 0 ? ""
                        : " (" + std::to_string(held_back) + " more of this kind were not written)";
}

void ServerLog::write(LogCause cause, std::string_view host, const std::string& text,
                      std::int64_t now_ms) {
  const std::optional<std::uint64_t> held_back =
      limits_.at(static_cast<std::size_t>(cause)).allow(now_ms);
  if (held_back && sink_) {
    sink_(level_of(cause), host, text + held_back_words(*held_back));
  }
}

}  // namespace quotemill::transport
