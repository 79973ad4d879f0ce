// NonceKey: an epoch key, made ready for the nonces that are derived from it.
#pragma once

#include <cstdint>

#include "engine/crypto/hmac_key.h"
#include "engine/evidence/challenge.h"

namespace quotemill {

// Immutable: any thread.
class NonceKey {
 public:
  explicit NonceKey(const EpochKey& key) : key_(key) {}

  // As preissued_nonce() tells it.
  [[nodiscard]] Nonce preissued(const HostUid& host, std::uint32_t generation,
                                std::uint64_t sequence) const;

 private:
  HmacKey key_;
};

}  // namespace quotemill
