#include "transport/server/server_log.h"

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
      return LogLevel::kWarning;
    case LogCause::kStoreBehind:
    case LogCause::kInternal:
    case LogCause::kMemory:
      return LogLevel::kError;
  }
  return LogLevel::kError;
}

}  // namespace

void ServerLog::write(LogCause cause, std::string_view host, std::string text,
                      std::int64_t now_ms) {
  Limit& limit = limits_.at(static_cast<std::size_t>(cause));
  if (!limit.bucket.allow(kLinesPerCause, now_ms)) {
    ++limit.held_back;
    return;
  }
  if (limit.held_back != 0) {
    text += " (" + std::to_string(limit.held_back) + " more of this kind were not written)";
    limit.held_back = 0;
  }
  if (sink_) {
    sink_(level_of(cause), host, text);
  }
}

}  // namespace quotemill::transport
