// HmacKey: HMAC with SHA-256 (RFC 2104) under a key that is used again and again.
//
// Both of its hashes begin with a block that only the key is in; they go on from behind it, which
// halves the cost of a MAC over a short message.
#pragma once

#include <array>
#include <cstdint>

#include "engine/base/bytes.h"
#include "engine/base/digest.h"

namespace quotemill {

// Immutable: any thread.
class HmacKey {
 public:
  // REQUIRES: key.size() <= 64
  explicit HmacKey(ByteView key);

  // hmac_sha256() of the key and the message.
  [[nodiscard]] Digest mac(ByteView message) const;

 private:
  // What SHA-256 has worked out of its first block (FIPS 180-4, 6.2.2).
  using Begun = std::array<std::uint32_t, 8>;

  static Begun begun_with(ByteView key, std::uint8_t pad);

  Begun inner_;
  Begun outer_;
};

}  // namespace quotemill
