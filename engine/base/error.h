// Error: why something could not be done or could not be judged.
//
// Errors are values. "Judged, and not trusted" is never an Error: that is a Verdict with findings
// (engine/verdict). No exception crosses the engine; those of third-party libraries are turned into
// Errors at the rim.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace quotemill {

enum class ErrorCode : std::uint8_t {
  kTruncated,    // the bytes end before the value does
  kTrailing,     // bytes are left after the value
  kTooLarge,     // a length or count is above its bound in limits.h
  kMalformed,    // a field has a value that its specification does not allow
  kUnsupported,  // well formed, but a version, algorithm or type that is not handled here
  kMismatch,     // two things that must be equal are not
  kDenied,       // the caller may not do this
  kNotFound,
  kConflict,  // would replace something that must not be replaced silently
  kExpired,   // came too late
  kBusy,      // a bounded resource is full: try again later
  kStorage,   // the store failed
  kIo,        // a file, socket or device failed
  kConfig,    // a setting or argument is wrong
  kCrypto,    // the cryptographic library refused
  kTpm,       // the TPM answered with an error
  kInternal,  // a bug of ours
};

// Stable snake_case name of a code, for logs and JSON.
std::string_view name_of(ErrorCode code);

struct Error {
  ErrorCode code = ErrorCode::kInternal;
  // What was being read or done; a string literal ("TPMS_ATTEST"), so that failing costs nothing.
  const char* context = "";
  // For parsers: the offset in bytes, from the beginning of what was being read, of the failing
  // field.
  std::size_t offset = 0;
  // Set at the rim only (file names, settings, a library's own words). Never host-supplied text
  // that has not been escaped.
  std::string detail = {};

  // "TPMS_ATTEST: truncated at byte 12", "config: quotemill.toml:3:1: unknown setting …".
  [[nodiscard]] std::string to_string() const;
};

}  // namespace quotemill
