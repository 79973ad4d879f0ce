// Base64 (RFC 4648, 4), as HTTP headers carry it. Pure functions: any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "engine/base/bytes.h"

namespace quotemill::transport {

std::string base64(ByteView bytes);

// nullopt unless `text` is what base64() writes.
std::optional<Bytes> from_base64(std::string_view text);

}  // namespace quotemill::transport
