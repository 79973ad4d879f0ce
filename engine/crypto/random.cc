#include "engine/crypto/random.h"

#include <limits>

#include <openssl/rand.h>

namespace quotemill {

Result<Bytes> random_bytes(std::size_t size) {
  Bytes bytes(size);
  if (size > static_cast<std::size_t>(std::numeric_limits<int>::max()) ||
      RAND_bytes(bytes.data(), static_cast<int>(size)) != 1) {
    return Error{ErrorCode::kCrypto, "random generator"};
  }
  return bytes;
}

}  // namespace quotemill
