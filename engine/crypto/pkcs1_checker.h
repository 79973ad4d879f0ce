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

// What checks need beside the key: room for numbers, and what stands around a digest. A thread has
// one for all keys, because what each key had of its own would not be in the processor's cache when
// its turn comes. No answer depends on what was checked with it before.
class Pkcs1Scratch {
 public:
  // Where memory is lacking no signature holds by it.
  Pkcs1Scratch();

 private:
  friend class Pkcs1Checker;

  [[nodiscard]] bool is_whole() const;

  // What the frame is made for: a digest of this algorithm in an encoding of so many bytes.
  struct FrameKind {
    std::size_t size;
    HashAlgorithm algorithm;

    friend bool operator==(const FrameKind&, const FrameKind&) = default;
  };

  const std::unique_ptr<BN_CTX, OpensslFree<BN_CTX_free>> context_;
  const std::unique_ptr<BN_MONT_CTX, OpensslFree<BN_MONT_CTX_free>> montgomery_;  // the key's
  const Bignum frame_;
  std::optional<FrameKind> frame_kind_;  // none: frame_ is nothing yet
  // Of the signature that is being checked.
  const Bignum signature_;
  const Bignum power_;
};

// About 0.7 kB for 2048 bits. Immutable: any thread.
class Pkcs1Checker {
 public:
  // Null for keys that are to be checked otherwise: of another kind, or with another exponent.
  static std::unique_ptr<Pkcs1Checker> create(const PublicKey& key);

  // Whether `signature`, as long as the modulus, is the key's over `digest`: the one encoding that
  // its digest can have is made, and is what must come out (no padding is ever parsed). `scratch`:
  // the calling thread's; null: made for this signature.
  // REQUIRES: can_hash(digest.algorithm())
  bool holds(ByteView signature, const Digest& digest, Pkcs1Scratch* scratch = nullptr) const;

 private:
  using Montgomery = std::unique_ptr<BN_MONT_CTX, OpensslFree<BN_MONT_CTX_free>>;

  explicit Pkcs1Checker(const PublicKey& key);

  bool make_ready();
  bool holds_in(Pkcs1Scratch& scratch, ByteView signature, const Digest& digest) const;
  bool raise(Pkcs1Scratch& scratch) const;
  bool make_frame(Pkcs1Scratch& scratch, HashAlgorithm algorithm) const;
  static bool is_encoded(Pkcs1Scratch& scratch, const Digest& digest);

  const PublicKey key_;
  const std::size_t size_;  // of the modulus, in bytes
  const Montgomery montgomery_;
};

}  // namespace quotemill
