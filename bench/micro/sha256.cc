#define OPENSSL_SUPPRESS_DEPRECATED

#include "bench/micro/sha256.h"

#include <openssl/sha.h>

namespace quotemill::bench {

void sha256(ByteView bytes, std::uint8_t* out) {
  SHA256_CTX state;
  SHA256_Init(&state);
  SHA256_Update(&state, bytes.data(), bytes.size());
  SHA256_Final(out, &state);
}

}  // namespace quotemill::bench
