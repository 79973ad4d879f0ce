#include "transport/sinks/sink_cause.h"

namespace quotemill::transport {

std::string_view name_of(SinkCause cause) {
  switch (cause) {
    case SinkCause::kUnreachable:
      return "unreachable";
    case SinkCause::kTls:
      return "tls";
    case SinkCause::kTimeout:
      return "timeout";
    case SinkCause::kIo:
      return "io";
    case SinkCause::kBusy:
      return "busy";
    case SinkCause::kDenied:
      return "denied";
    case SinkCause::kAnswer:
      return "answer";
    case SinkCause::kStorage:
      return "storage";
    case SinkCause::kOther:
      break;
  }
  return "other";
}

SinkCause cause_of(const Error& error) {
  switch (error.code) {
    case ErrorCode::kNotFound:
      return SinkCause::kUnreachable;
    case ErrorCode::kCrypto:
      return SinkCause::kTls;
    case ErrorCode::kExpired:
      return SinkCause::kTimeout;
    case ErrorCode::kIo:
      return SinkCause::kIo;
    case ErrorCode::kBusy:
      return SinkCause::kBusy;
    case ErrorCode::kDenied:
      return SinkCause::kDenied;
    case ErrorCode::kMalformed:
      return SinkCause::kAnswer;
    case ErrorCode::kStorage:
      return SinkCause::kStorage;
    default:
      return SinkCause::kOther;
  }
}

}  // namespace quotemill::transport
