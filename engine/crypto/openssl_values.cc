#include "engine/crypto/openssl_values.h"

namespace quotemill {

const char* provider_name(HashAlgorithm algorithm) {
  switch (algorithm) {
    case HashAlgorithm::kSha1:
      return "SHA1";
    case HashAlgorithm::kSha256:
      return "SHA2-256";
    case HashAlgorithm::kSha384:
      return "SHA2-384";
    case HashAlgorithm::kSha512:
      return "SHA2-512";
    case HashAlgorithm::kSm3_256:
      break;
  }
  return nullptr;
}

Bytes key_number(const EVP_PKEY* key, const char* name, std::size_t size) {
  BIGNUM* raw = nullptr;
  if (EVP_PKEY_get_bn_param(key, name, &raw) != 1) {
    return {};
  }
  const Bignum value(raw);
  Bytes bytes(size);
  return BN_bn2binpad(value.get(), bytes.data(), static_cast<int>(size)) < 0 ? Bytes{} : bytes;
}

EvpPkeyCtx context_of(const PublicKey& key) {
  const std::shared_ptr<EVP_PKEY> handle = key.handle();  // which the context keeps
  return EvpPkeyCtx(handle ? EVP_PKEY_CTX_new_from_pkey(nullptr, handle.get(), nullptr) : nullptr);
}

std::string printed_name(const X509_NAME* name) {
  const BioHandle out(BIO_new(BIO_s_mem()));
  if (!out || X509_NAME_print_ex(out.get(), name, 0, XN_FLAG_RFC2253) < 0) {
    return {};
  }
  char* text = nullptr;
  const long size = BIO_get_mem_data(out.get(), &text);
  return {text, static_cast<std::size_t>(size)};
}

}  // namespace quotemill
