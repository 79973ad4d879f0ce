// Random bytes from the system's generator (OpenSSL's DRBG). Engine functions take randomness as an
// argument; the callers at the rim get it here.
#pragma once

#include "engine/base/bytes.h"
#include "engine/base/result.h"

namespace quotemill {

// Fails only if the generator does; the caller must not go on then.
Result<Bytes> random_bytes(std::size_t size);

}  // namespace quotemill
