// TPM structures to and from their bytes, with the library's own functions.
//
// Private to transport/agent.
#pragma once

#include <array>
#include <cstddef>

#include <tss2/tss2_mu.h>

#include "engine/base/bytes.h"
#include "engine/base/result.h"
#include "transport/agent/esys_session.h"

namespace quotemill::agent {

// `value` as bytes; 4 kB is more than any structure of ours needs.
template <class T, class Marshal>
Result<Bytes> marshalled(const T& value, Marshal marshal, const char* context) {
  std::array<std::uint8_t, 4096> buffer{};
  std::size_t size = 0;
  const TSS2_RC code = marshal(&value, buffer.data(), buffer.size(), &size);
  if (code != TSS2_RC_SUCCESS) {
    return tpm_error(code, context);
  }
  return Bytes(buffer.begin(), buffer.begin() + static_cast<std::ptrdiff_t>(size));
}

// The reverse: kMalformed if the bytes are no T, kTrailing if some are left.
template <class T, class Unmarshal>
Result<T> unmarshalled(ByteView bytes, Unmarshal unmarshal, const char* context) {
  T value{};
  std::size_t offset = 0;
  if (unmarshal(bytes.data(), bytes.size(), &offset, &value) != TSS2_RC_SUCCESS) {
    return Error{ErrorCode::kMalformed, context, offset, {}};
  }
  if (offset != bytes.size()) {
    return Error{ErrorCode::kTrailing, context, offset, {}};
  }
  return value;
}

}  // namespace quotemill::agent
