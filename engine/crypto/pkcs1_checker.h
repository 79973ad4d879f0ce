// Pkcs1Checker: RSASSA-PKCS1-v1_5 signatures of one key (RFC 8017, 8.2.2), by OpenSSL's arithmetic
// below EVP, which costs a fifth more: it makes contexts and copies for each signature, and a
// general exponentiation of one that is nearly always 65537. Nothing here is secret.
#pragma once

#include <memory>

#include "engine/base/bytes.h"
#include "engine/base/digest.h"
#include "engine/crypto/handles.h"
#include "engine/crypto/public_key.h"

namespace quotemill {

// About 2 kB. Not for sharing between threads.
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

  Pkcs1Checker(std::size_t size, Bignum modulus);

  bool make_ready();
  bool raise();
  bool encode(const Digest& digest);

  const std::size_t size_;  // of the modulus, in bytes
  const Bignum modulus_;
  const Scratch scratch_;
  const Montgomery montgomery_;
  // Of the signature that is being checked.
  const Bignum signature_;
  const Bignum power_;
  const Bignum encoded_;
};

}  // namespace quotemill
