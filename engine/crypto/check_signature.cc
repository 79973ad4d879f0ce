#include "engine/crypto/check_signature.h"

#include <algorithm>
#include <array>

#include <openssl/rsa.h>

#include "engine/base/byte_writer.h"
#include "engine/crypto/handles.h"
#include "engine/crypto/hash.h"
#include "engine/crypto/openssl_values.h"

namespace quotemill {
namespace {

constexpr std::uint8_t kDerInteger = 0x02;
constexpr std::uint8_t kDerSequence = 0x30;
constexpr std::uint8_t kDerLength1 = 0x81;  // the length is in one byte that follows

bool verify(EVP_PKEY_CTX* context, ByteView signature, const Digest& digest) {
  return EVP_PKEY_verify(context, signature.data(), signature.size(), digest.view().data(),
                         digest.view().size()) == 1;
}

bool rsa_holds(const PublicKey& key, const SignatureView& signature, const Digest& digest) {
  if (signature.first.size() != (key.bits() + 7) / 8 || !signature.second.empty()) {
    return false;
  }
  const EvpPkeyCtx context(EVP_PKEY_CTX_new_from_pkey(nullptr, key.handle(), nullptr));
  const bool pss = signature.scheme == SignatureScheme::kRsapss;
  if (!context || EVP_PKEY_verify_init(context.get()) != 1 ||
      EVP_PKEY_CTX_set_rsa_padding(context.get(),
                                   pss ? RSA_PKCS1_PSS_PADDING : RSA_PKCS1_PADDING) != 1) {
    return false;
  }
  // The mask of PSS is made with the digest's algorithm unless told otherwise.
  OSSL_PARAM params[] = {
      OSSL_PARAM_construct_utf8_string(OSSL_SIGNATURE_PARAM_DIGEST,
                                       const_cast<char*>(provider_name(signature.hash)), 0),
      OSSL_PARAM_construct_end()};
  if (EVP_PKEY_CTX_set_params(context.get(), params) != 1) {
    return false;
  }
  if (pss && EVP_PKEY_CTX_set_rsa_pss_saltlen(context.get(), RSA_PSS_SALTLEN_AUTO) != 1) {
    return false;
  }
  return verify(context.get(), signature.first, digest);
}

// A positive INTEGER without superfluous leading zeros; empty for 0, which is never in range.
Bytes der_integer(ByteView number) {
  const auto* const first = std::find_if(number.data(), number.data() + number.size(),
                                         [](auto byte) { return byte != 0; });
  const ByteView digits = number.subspan(static_cast<std::size_t>(first - number.data()));
  if (digits.empty()) {
    return {};
  }
  const bool negative = digits[0] >= 0x80;
  ByteWriter out;
  out.u8(kDerInteger).u8(static_cast<std::uint8_t>(digits.size() + (negative ? 1 : 0)));
  if (negative) {
    out.u8(0);
  }
  return out.bytes(digits).take();
}

// Ecdsa-Sig-Value (RFC 5480, appendix A); empty if r or s is 0 or longer than the curve's numbers.
Bytes der_signature(ByteView r, ByteView s, std::size_t size_max) {
  if (r.size() > size_max || s.size() > size_max) {
    return {};
  }
  const Bytes first = der_integer(r);
  const Bytes second = der_integer(s);
  if (first.empty() || second.empty()) {
    return {};
  }
  const auto size = static_cast<std::uint8_t>(first.size() + second.size());  // at most 2 * 69
  ByteWriter out;
  out.u8(kDerSequence);
  if (size >= 0x80) {
    out.u8(kDerLength1);
  }
  return out.u8(size).bytes(first).bytes(second).take();
}

bool ecdsa_holds(const PublicKey& key, const SignatureView& signature, const Digest& digest) {
  const Bytes der = der_signature(signature.first, signature.second, (key.bits() + 7) / 8);
  if (der.empty()) {
    return false;
  }
  const EvpPkeyCtx context(EVP_PKEY_CTX_new_from_pkey(nullptr, key.handle(), nullptr));
  return context && EVP_PKEY_verify_init(context.get()) == 1 && verify(context.get(), der, digest);
}

}  // namespace

std::string_view name_of(SignatureScheme scheme) {
  switch (scheme) {
    case SignatureScheme::kRsassa:
      return "rsassa";
    case SignatureScheme::kRsapss:
      return "rsapss";
    case SignatureScheme::kEcdsa:
      return "ecdsa";
  }
  return "unknown";
}

bool signature_holds(const PublicKey& key, const SignatureView& signature, const Digest& digest) {
  if (digest.algorithm() != signature.hash || !can_hash(signature.hash)) {
    return false;
  }
  switch (signature.scheme) {
    case SignatureScheme::kRsassa:
    case SignatureScheme::kRsapss:
      return key.kind() == KeyKind::kRsa && rsa_holds(key, signature, digest);
    case SignatureScheme::kEcdsa:
      return key.kind() != KeyKind::kRsa && ecdsa_holds(key, signature, digest);
  }
  return false;
}

}  // namespace quotemill
