// PublicKey: a parsed RSA or EC key, ready to check signatures.
//
// An RSA key that is made of numbers is those alone: OpenSSL's object costs more than checking a
// signature, and is made for whoever needs it. Keys that are read by OpenSSL, and all points (which
// it shows to be on their curve), have theirs from the beginning. Immutable; copies share
// everything; may be used from many threads at once.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "engine/base/bytes.h"
#include "engine/base/result.h"

struct evp_pkey_st;  // EVP_PKEY

namespace quotemill {

enum class KeyKind : std::uint8_t { kRsa, kEcP256, kEcP384, kEcP521 };

class PublicKey {
 public:
  // `modulus` is big-endian. Refuses even or tiny (< 1024 bit) or oversized (> 4096 bit) moduli and
  // even exponents. Whether a size is acceptable is policy, and decided elsewhere.
  static Result<PublicKey> rsa(ByteView modulus, std::uint32_t exponent);

  // Coordinates are big-endian; a point that is not on the curve is kMalformed.
  static Result<PublicKey> ec(KeyKind curve, ByteView x, ByteView y);

  // DER of a SubjectPublicKeyInfo; trailing bytes are refused; other key types are kUnsupported.
  // Accepts the RSAES-OAEP key OID that real EK certificates carry.
  static Result<PublicKey> from_spki_der(ByteView der);

  // "-----BEGIN PUBLIC KEY-----".
  static Result<PublicKey> from_pem(std::string_view pem);

  [[nodiscard]] KeyKind kind() const { return kind_; }

  [[nodiscard]] unsigned bits() const { return bits_; }

  [[nodiscard]] std::string name() const;  // "rsa2048", "ecc_p256"

  // The same numbers (modulus and exponent, or curve and point).
  [[nodiscard]] bool same_as(const PublicKey& other) const;

  // Whether `number`, big-endian and as long as the modulus, is below it. REQUIRES: an RSA key
  [[nodiscard]] bool is_above(ByteView number) const;

  // Canonical DER of the SubjectPublicKeyInfo (rsaEncryption or id-ecPublicKey with a named curve).
  [[nodiscard]] Bytes spki_der() const;

  // The numbers, big-endian, as long as the modulus or the curve's field; empty if the key is of
  // the other kind.
  [[nodiscard]] Bytes modulus() const;
  [[nodiscard]] std::uint32_t exponent() const;
  [[nodiscard]] Bytes x() const;
  [[nodiscard]] Bytes y() const;

  // For engine/crypto and tests only. The key's own, or one that is made of its numbers by each
  // call; null if OpenSSL cannot.
  [[nodiscard]] std::shared_ptr<evp_pkey_st> handle() const;

 private:
  struct Parts;

  PublicKey(std::shared_ptr<const Parts> parts, KeyKind kind, unsigned bits)
      : parts_(std::move(parts)), kind_(kind), bits_(bits) {}

  // The same key, with OpenSSL's object; kMalformed if that cannot be made.
  [[nodiscard]] Result<PublicKey> with_handle() const;

  std::shared_ptr<const Parts> parts_;
  KeyKind kind_;
  unsigned bits_;
};

}  // namespace quotemill
