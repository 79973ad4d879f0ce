// SigningKey: the private half that a TPM, or an attacker, holds, so that simulated evidence is
// signed for real.
#pragma once

#include <memory>

#include "engine/crypto/check_signature.h"
#include "engine/crypto/public_key.h"
#include "engine/tpm/public_area.h"

struct evp_pkey_st;  // EVP_PKEY

namespace quotemill::bench {

// A signature that owns its numbers; view() borrows them.
struct Signature {
  SignatureScheme scheme = SignatureScheme::kRsassa;
  HashAlgorithm hash = HashAlgorithm::kSha256;
  Bytes first;
  Bytes second;

  [[nodiscard]] SignatureView view() const { return {scheme, hash, first, second}; }
};

// Copies share one key. Any thread.
class SigningKey {
 public:
  // A fresh key; aborts if OpenSSL cannot. RSA takes tens of milliseconds: keep it for the suite.
  static SigningKey generate(KeyKind kind, unsigned rsa_bits = 2048);

  // Of an EVP_PKEY with a private half, which it takes. REQUIRES: `key` is not null
  static SigningKey of(evp_pkey_st* key);

  [[nodiscard]] PublicKey public_key() const;

  // Over a digest. `scheme` must suit the key; RSAPSS salts are as long as the digest.
  [[nodiscard]] Signature sign(SignatureScheme scheme, const Digest& digest) const;

  // TPMT_SIGNATURE over a message, with the key's usual scheme (RSASSA or ECDSA).
  [[nodiscard]] Bytes sign_as_tpm(ByteView message,
                                  HashAlgorithm hash = HashAlgorithm::kSha256) const;

  [[nodiscard]] evp_pkey_st* handle() const { return key_.get(); }

 private:
  explicit SigningKey(std::shared_ptr<evp_pkey_st> key) : key_(std::move(key)) {}

  std::shared_ptr<evp_pkey_st> key_;
};

// A key of this kind; the same number gives the same key for the life of the process, because
// making RSA keys is slow. Any thread.
SigningKey cached_key(KeyKind kind, unsigned number = 0);

// The public areas that a TPM gives to a good AK and a good EK with this key, `encoded` included.
// After changing a field, call encoded_again() to keep the two in step.
PublicArea good_attestation_key(const PublicKey& key);
PublicArea good_endorsement_key(const PublicKey& key);
PublicArea encoded_again(PublicArea area);

}  // namespace quotemill::bench
