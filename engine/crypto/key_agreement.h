// What two holders of X25519 key pairs share (RFC 7748): the same secret on both sides, known to
// nobody else. CURVE's long-term keys are such pairs. Any thread.
#pragma once

#include "engine/base/bytes.h"
#include "engine/base/result.h"

namespace quotemill {

// X25519(secret, public_key), 32 bytes: key material, to be hashed with its purpose before use.
// kCrypto for keys of another size, and for a public key of small order, which would make the
// secret one that everybody knows.
Result<Bytes> agree_x25519(ByteView secret, ByteView public_key);

}  // namespace quotemill
