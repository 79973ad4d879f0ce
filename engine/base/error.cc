#include "engine/base/error.h"

namespace quotemill {

std::string_view name_of(ErrorCode code) {
  switch (code) {
    case ErrorCode::kTruncated:
      return "truncated";
    case ErrorCode::kTrailing:
      return "trailing_bytes";
    case ErrorCode::kTooLarge:
      return "too_large";
    case ErrorCode::kMalformed:
      return "malformed";
    case ErrorCode::kUnsupported:
      return "unsupported";
    case ErrorCode::kMismatch:
      return "mismatch";
    case ErrorCode::kDenied:
      return "denied";
    case ErrorCode::kNotFound:
      return "not_found";
    case ErrorCode::kConflict:
      return "conflict";
    case ErrorCode::kExpired:
      return "expired";
    case ErrorCode::kBusy:
      return "busy";
    case ErrorCode::kStorage:
      return "storage";
    case ErrorCode::kIo:
      return "io";
    case ErrorCode::kConfig:
      return "config";
    case ErrorCode::kCrypto:
      return "crypto";
    case ErrorCode::kTpm:
      return "tpm";
    case ErrorCode::kInternal:
      return "internal";
  }
  return "internal";
}

std::string Error::to_string() const {
  std::string text(context);
  if (!text.empty()) {
    text += ": ";
  }
  if (!detail.empty()) {
    return text + detail;
  }
  text += name_of(code);
  if (offset != 0) {
    text += " at byte " + std::to_string(offset);
  }
  return text;
}

}  // namespace quotemill
