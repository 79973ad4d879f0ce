#include "bench/fleet/signing_key.h"

#include <cstdio>
#include <cstdlib>
#include <map>
#include <mutex>
#include <utility>

#include <openssl/ecdsa.h>
#include <openssl/rsa.h>

#include "engine/crypto/handles.h"
#include "engine/crypto/hash.h"
#include "engine/tpm/constants.h"
#include "engine/tpm/signature.h"

namespace quotemill::bench {
namespace {

void must(bool condition, const char* what) {
  if (!condition) {
    std::fprintf(stderr, "OpenSSL refused: %s\n", what);
    std::abort();
  }
}

const EVP_MD* message_digest(HashAlgorithm algorithm) {
  switch (algorithm) {
    case HashAlgorithm::kSha1:
      return EVP_sha1();
    case HashAlgorithm::kSha256:
      return EVP_sha256();
    case HashAlgorithm::kSha384:
      return EVP_sha384();
    case HashAlgorithm::kSha512:
      return EVP_sha512();
    case HashAlgorithm::kSm3_256:
      break;
  }
  return nullptr;
}

EVP_PKEY* generate_key(KeyKind kind, unsigned rsa_bits) {
  switch (kind) {
    case KeyKind::kRsa:
      return EVP_RSA_gen(rsa_bits);
    case KeyKind::kEcP256:
      return EVP_EC_gen("P-256");
    case KeyKind::kEcP384:
      return EVP_EC_gen("P-384");
    case KeyKind::kEcP521:
      return EVP_EC_gen("P-521");
  }
  return nullptr;
}

void split_ecdsa(const Bytes& der, Signature& out, std::size_t size) {
  const unsigned char* at = der.data();
  const std::unique_ptr<ECDSA_SIG, OpensslFree<ECDSA_SIG_free>> numbers(
      d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(der.size())));
  must(numbers != nullptr, "ECDSA signature");
  out.first.resize(size);
  out.second.resize(size);
  BN_bn2binpad(ECDSA_SIG_get0_r(numbers.get()), out.first.data(), static_cast<int>(size));
  BN_bn2binpad(ECDSA_SIG_get0_s(numbers.get()), out.second.data(), static_cast<int>(size));
}

constexpr std::uint32_t kOrigin =
    tpm::kFixedTpm | tpm::kFixedParent | tpm::kSensitiveDataOrigin | tpm::kRestricted;

}  // namespace

SigningKey SigningKey::generate(KeyKind kind, unsigned rsa_bits) {
  EvpPkey key(generate_key(kind, rsa_bits));
  must(key != nullptr, "key generation");
  return SigningKey(std::move(key));
}

SigningKey SigningKey::of(evp_pkey_st* key) {
  EvpPkey owned(key);
  must(owned != nullptr, "private key");
  return SigningKey(std::move(owned));
}

PublicKey SigningKey::public_key() const {
  unsigned char* raw = nullptr;
  const int size = i2d_PUBKEY(key_.get(), &raw);
  must(size > 0, "public key");
  const Bytes der = to_bytes(ByteView(raw, static_cast<std::size_t>(size)));
  OPENSSL_free(raw);
  return *PublicKey::from_spki_der(der);
}

Signature SigningKey::sign(SignatureScheme scheme, const Digest& digest) const {
  const EvpPkeyCtx context(EVP_PKEY_CTX_new_from_pkey(nullptr, key_.get(), nullptr));
  must(EVP_PKEY_sign_init(context.get()) == 1, "sign");
  if (scheme == SignatureScheme::kRsassa) {
    must(EVP_PKEY_CTX_set_rsa_padding(context.get(), RSA_PKCS1_PADDING) == 1, "padding");
  } else if (scheme == SignatureScheme::kRsapss) {
    must(EVP_PKEY_CTX_set_rsa_padding(context.get(), RSA_PKCS1_PSS_PADDING) == 1, "padding");
    must(EVP_PKEY_CTX_set_rsa_pss_saltlen(context.get(), RSA_PSS_SALTLEN_DIGEST) == 1, "salt");
  }
  must(EVP_PKEY_CTX_set_signature_md(context.get(), message_digest(digest.algorithm())) == 1,
       "digest");
  std::size_t size = static_cast<std::size_t>(EVP_PKEY_get_size(key_.get()));
  Bytes raw(size);
  must(EVP_PKEY_sign(context.get(), raw.data(), &size, digest.view().data(),
                     digest.view().size()) == 1,
       "sign");
  raw.resize(size);
  Signature signature{scheme, digest.algorithm(), {}, {}};
  if (scheme == SignatureScheme::kEcdsa) {
    split_ecdsa(raw, signature, (static_cast<std::size_t>(EVP_PKEY_get_bits(key_.get())) + 7) / 8);
  } else {
    signature.first = std::move(raw);
  }
  return signature;
}

Bytes SigningKey::sign_as_tpm(ByteView message, HashAlgorithm algorithm) const {
  const bool rsa = public_key().kind() == KeyKind::kRsa;
  const SignatureScheme scheme = rsa ? SignatureScheme::kRsassa : SignatureScheme::kEcdsa;
  return encode_signature(sign(scheme, hash(algorithm, message)).view());
}

SigningKey cached_key(KeyKind kind, unsigned number) {
  static std::mutex mutex;
  static std::map<std::pair<KeyKind, unsigned>, SigningKey> keys;
  const std::lock_guard lock(mutex);
  const auto found = keys.find({kind, number});
  if (found != keys.end()) {
    return found->second;
  }
  return keys.emplace(std::pair(kind, number), SigningKey::generate(kind)).first->second;
}

PublicArea good_attestation_key(const PublicKey& key) {
  const bool rsa = key.kind() == KeyKind::kRsa;
  PublicArea area{.encoded = {},
                  .attributes = kOrigin | tpm::kSignEncrypt | tpm::kUserWithAuth,
                  .auth_policy = {},
                  .scheme_set = true,
                  .scheme = rsa ? SignatureScheme::kRsassa : SignatureScheme::kEcdsa,
                  .key = key};
  return encoded_again(std::move(area));
}

PublicArea good_endorsement_key(const PublicKey& key) {
  PublicArea area{.encoded = {},
                  .attributes = kOrigin | tpm::kDecrypt | tpm::kAdminWithPolicy,
                  .auth_policy = Bytes(32, 0xA5),
                  .symmetric_bits = 128,
                  .key = key};
  return encoded_again(std::move(area));
}

PublicArea encoded_again(PublicArea area) {
  area.ecc_x = area.key.x();
  area.encoded = encode_tpmt_public(area);
  return area;
}

}  // namespace quotemill::bench
