// Pkcs1Checker: RSASSA-PKCS1-v1_5 signatures of one key (RFC 8017, 8.2.2), by OpenSSL's arithmetic
// below EVP, which costs a fifth more: it makes contexts and copies for each signature, and a
// general exponentiation of one that is nearly always 65537. Nothing here is secret.
#pragma once

#include <memory>
#include <optional>

#include "engine/base/bytes.h"
#include "engine/base/digest.h"
#include "engine/crypto/handles.h"
#include "engine/crypto/public_key.h"

namespace quotemill {

// About 1.7 kB for 2048 bits. Not for sharing between threads.
class Pkcs1Checker {
 public:
  // Null for keys that are to be checked otherwise: of another kind, or with another exponent.
  static std::unique_ptr<Pkcs1Checker> create(const PublicKey& key);

  // Whether `signature`, as long as the modulus, is the key's over `digest`: the one encoding that
  // its digest can have is made, and is what must come out (no padding is ever parsed).
  // REQUIRES: can_hash(digest.algorithm())
  bool holds(ByteView signature, const Digest& digest);

 private:
  using Montgomery = std::unique_ptr<BN_MONT_CTX, OpensslFree<BN_MONT_CTX_free>>;
  using Scratch = std::unique_ptr<BN_CTX, OpensslFree<BN_CTX_free>>;

  explicit Pkcs1Checker(const PublicKey& key);

  bool make_ready();
  bool raise();
  bool make_frame(HashAlgorithm algorithm);
  bool is_encoded(const Digest& digest);

  const PublicKey key_;
  const std::size_t size_;  // of the modulus, in bytes
  const Scratch scratch_;
  const Montgomery montgomery_;
  // What stands around a digest of the algorithm that was asked for last.
  const Bignum frame_;
  std::optional<HashAlgorithm> frame_of_;
  // Of the signature that is being checked.
  const Bignum signature_;
  const Bignum power_;
};

}  // namespace quotemill
