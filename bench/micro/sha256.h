// SHA-256 by the fastest way to OpenSSL's: below EVP, as the engine goes (engine/crypto/hash.cc).
#pragma once

#include <cstddef>
#include <cstdint>

#include "engine/base/bytes.h"

namespace quotemill::bench {

inline constexpr std::size_t kSha256Size = 32;

// `out`: kSha256Size bytes; may be part of `bytes`.
void sha256(ByteView bytes, std::uint8_t* out);

}  // namespace quotemill::bench
