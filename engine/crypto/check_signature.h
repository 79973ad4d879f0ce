// Checks signatures over digests: one, or many of one key.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "engine/base/bytes.h"
#include "engine/base/digest.h"
#include "engine/crypto/public_key.h"

struct evp_pkey_ctx_st;  // EVP_PKEY_CTX

namespace quotemill {

enum class SignatureScheme : std::uint8_t { kRsassa, kRsapss, kEcdsa };

std::string_view name_of(SignatureScheme scheme);  // "rsassa", "rsapss", "ecdsa"

// A signature as its numbers, borrowed from the message it came in.
struct SignatureView {
  SignatureScheme scheme = SignatureScheme::kRsassa;
  HashAlgorithm hash = HashAlgorithm::kSha256;
  ByteView first;   // RSA: the signature, as long as the modulus; ECDSA: r, big-endian
  ByteView second;  // ECDSA: s, big-endian; RSA: empty
};

// Reads an ECDSA-Sig-Value in DER (RFC 3279, 2.2.3) into the numbers of `signature`, which borrow
// `der`; false if it is none.
[[nodiscard]] bool read_ecdsa_der(ByteView der, SignatureView& signature);

// True if `signature` is the key's over `digest`. False for everything else: another key, a scheme
// that is not the key's kind, a digest of another algorithm than the signature names, numbers out
// of range. RSAPSS accepts any salt length (TPMs differ: TPM 2.0 Part 1, B.7). Whether an algorithm
// is strong enough is policy and decided elsewhere. Any thread.
bool signature_holds(const PublicKey& key, const SignatureView& signature, const Digest& digest);

class Pkcs1Checker;
class Pkcs1Scratch;

// A key that stays ready to check signatures. Making OpenSSL's context costs a fifth of an RSA-2048
// verification (and takes locks that all threads share), so it is made once, for the scheme and
// hash of the last signature, and kept: 1 to 2.5 kB. What nearly every TPM signs with is checked
// without one (Pkcs1Checker), which is kept likewise. Not for sharing between threads.
class SignatureChecker {
 public:
  explicit SignatureChecker(PublicKey key);
  ~SignatureChecker();
  SignatureChecker(const SignatureChecker&) = delete;
  SignatureChecker& operator=(const SignatureChecker&) = delete;

  [[nodiscard]] const PublicKey& key() const { return key_; }

  // The same answer as signature_holds(key(), …), whatever was checked before. `scratch`: the
  // calling thread's (pkcs1_checker.h), which is faster where keys are many; null: none.
  bool holds(const SignatureView& signature, const Digest& digest, Pkcs1Scratch* scratch = nullptr);

 private:
  struct FreeContext {
    void operator()(evp_pkey_ctx_st* context) const;
  };

  friend bool signature_holds(const PublicKey& key, const SignatureView& signature,
                              const Digest& digest);

  bool make_ready(const SignatureView& signature);
  Pkcs1Checker* pkcs1();
  bool holds_by_evp(const SignatureView& signature, const Digest& digest);

  PublicKey key_;
  // Not made before a signature asks for it; null if the key is not for it.
  std::optional<std::unique_ptr<Pkcs1Checker>> pkcs1_;
  std::unique_ptr<evp_pkey_ctx_st, FreeContext> context_;  // null before the first signature
  SignatureScheme scheme_ = SignatureScheme::kRsassa;      // those of context_
  HashAlgorithm hash_ = HashAlgorithm::kSha256;
};

}  // namespace quotemill
