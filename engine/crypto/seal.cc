#include "engine/crypto/seal.h"

#include <array>

#include <openssl/rsa.h>

#include "engine/crypto/handles.h"
#include "engine/crypto/openssl_values.h"

namespace quotemill {
namespace {

constexpr std::size_t kAesBlockSize = 16;

const char* cipher_name(std::size_t key_size) {
  switch (key_size) {
    case 16:
      return "AES-128-CFB";
    case 24:
      return "AES-192-CFB";
    case 32:
      return "AES-256-CFB";
    default:
      return nullptr;
  }
}

Error refused(const char* context) {
  return {ErrorCode::kCrypto, context};
}

// A fresh key pair on the curve of `peer`.
EvpPkey generate_like(const PublicKey& peer) {
  const EvpPkeyCtx context = context_of(peer);
  EVP_PKEY* key = nullptr;
  if (!context || EVP_PKEY_keygen_init(context.get()) != 1 ||
      EVP_PKEY_generate(context.get(), &key) != 1) {
    return nullptr;
  }
  return EvpPkey(key);
}

}  // namespace

Result<Bytes> encrypt_oaep(const PublicKey& key, HashAlgorithm algorithm, std::string_view label,
                           ByteView message) {
  const EvpPkeyCtx context = context_of(key);
  // OpenSSL copies both; its parameters are not const-correct.
  OSSL_PARAM params[] = {
      OSSL_PARAM_construct_utf8_string(OSSL_ASYM_CIPHER_PARAM_OAEP_DIGEST,
                                       const_cast<char*>(provider_name(algorithm)), 0),
      OSSL_PARAM_construct_octet_string(OSSL_ASYM_CIPHER_PARAM_OAEP_LABEL,
                                        const_cast<char*>(label.data()), label.size()),
      OSSL_PARAM_construct_end()};
  std::size_t size = (key.bits() + 7) / 8;
  Bytes sealed(size);
  if (!context || EVP_PKEY_encrypt_init(context.get()) != 1 ||
      EVP_PKEY_CTX_set_rsa_padding(context.get(), RSA_PKCS1_OAEP_PADDING) != 1 ||
      EVP_PKEY_CTX_set_params(context.get(), params) != 1 ||
      EVP_PKEY_encrypt(context.get(), sealed.data(), &size, message.data(), message.size()) != 1) {
    return refused("RSAES-OAEP");
  }
  sealed.resize(size);
  return sealed;
}

Result<Agreement> agree_once(const PublicKey& peer) {
  const std::size_t field = (peer.bits() + 7) / 8;
  const EvpPkey own = generate_like(peer);
  if (!own) {
    return refused("ECDH key");
  }
  const EvpPkeyCtx context(EVP_PKEY_CTX_new_from_pkey(nullptr, own.get(), nullptr));
  Agreement agreement{Bytes(field), key_number(own.get(), OSSL_PKEY_PARAM_EC_PUB_X, field),
                      key_number(own.get(), OSSL_PKEY_PARAM_EC_PUB_Y, field)};
  std::size_t size = field;
  if (!context || EVP_PKEY_derive_init(context.get()) != 1 ||
      EVP_PKEY_derive_set_peer(context.get(), peer.handle().get()) != 1 ||
      EVP_PKEY_derive(context.get(), agreement.z.data(), &size) != 1 || size != field ||
      agreement.x.empty() || agreement.y.empty()) {
    return refused("ECDH");
  }
  return agreement;
}

Result<Bytes> encrypt_aes_cfb(ByteView key, ByteView message) {
  const char* const name = cipher_name(key.size());
  if (name == nullptr) {
    return Error{ErrorCode::kUnsupported, "AES key size"};
  }
  const EvpCipher cipher(EVP_CIPHER_fetch(nullptr, name, nullptr));
  const EvpCipherCtx context(EVP_CIPHER_CTX_new());
  const std::array<std::uint8_t, kAesBlockSize> zero{};
  Bytes sealed(message.size());
  int size = 0;
  if (!cipher || !context ||
      EVP_EncryptInit_ex2(context.get(), cipher.get(), key.data(), zero.data(), nullptr) != 1 ||
      EVP_EncryptUpdate(context.get(), sealed.data(), &size, message.data(),
                        static_cast<int>(message.size())) != 1) {
    return refused("AES-CFB");
  }
  return sealed;
}

}  // namespace quotemill
