#include "engine/crypto/check_signature.h"

#include <openssl/rsa.h>

#include "engine/base/byte_reader.h"
#include "engine/base/byte_writer.h"
#include "engine/crypto/der_writer.h"
#include "engine/crypto/handles.h"
#include "engine/crypto/hash.h"
#include "engine/crypto/openssl_values.h"
#include "engine/crypto/pkcs1_checker.h"

namespace quotemill {
namespace {

constexpr std::uint8_t kDerLength1 = 0x81;  // the length is in one byte that follows

// The mask of PSS is made with the digest's algorithm unless told otherwise.
bool set_rsa_scheme(EVP_PKEY_CTX* context, const SignatureView& signature) {
  const bool pss = signature.scheme == SignatureScheme::kRsapss;
  OSSL_PARAM params[] = {
      OSSL_PARAM_construct_utf8_string(OSSL_SIGNATURE_PARAM_DIGEST,
                                       const_cast<char*>(provider_name(signature.hash)), 0),
      OSSL_PARAM_construct_end()};
  return EVP_PKEY_CTX_set_rsa_padding(context, pss ? RSA_PKCS1_PSS_PADDING : RSA_PKCS1_PADDING) ==
             1 &&
         EVP_PKEY_CTX_set_params(context, params) == 1 &&
         (!pss || EVP_PKEY_CTX_set_rsa_pss_saltlen(context, RSA_PSS_SALTLEN_AUTO) == 1);
}

// Whether the numbers have the form that the key's have; OpenSSL checks no more than their values.
bool has_form(const PublicKey& key, const SignatureView& signature) {
  const std::size_t size = (key.bits() + 7) / 8;
  if (signature.scheme == SignatureScheme::kEcdsa) {
    return key.kind() != KeyKind::kRsa && signature.first.size() <= size &&
           signature.second.size() <= size;
  }
  return key.kind() == KeyKind::kRsa && signature.first.size() == size && signature.second.empty();
}

bool fits(const PublicKey& key, const SignatureView& signature, const Digest& digest) {
  return digest.algorithm() == signature.hash && can_hash(signature.hash) &&
         has_form(key, signature);
}

// Ecdsa-Sig-Value (RFC 5480, appendix A); empty if r or s is 0, which is never in range.
Bytes der_signature(ByteView r, ByteView s) {
  if (is_filled_with(r, 0) || is_filled_with(s, 0)) {
    return {};
  }
  return der::element(der::kSequence,
                      ByteWriter().bytes(der::integer(r)).bytes(der::integer(s)).view());
}

// A DER length of at most 255: ECDSA signatures up to P-521 have no longer one.
std::size_t take_der_length(ByteReader& in) {
  const std::uint8_t length = in.u8();
  if (length == kDerLength1) {
    return in.u8();
  }
  if (length >= 0x80) {
    in.fail(ErrorCode::kMalformed);
  }
  return in.ok() ? length : 0;
}

ByteView take_der_integer(ByteReader& in) {
  if (in.u8() != der::kInteger) {
    in.fail(ErrorCode::kMalformed);
  }
  ByteView value = in.bytes(take_der_length(in));
  while (value.size() > 1 && value.front() == 0) {
    value = value.subspan(1);
  }
  return value;
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

bool read_ecdsa_der(ByteView der, SignatureView& signature) {
  ByteReader in(der);
  const bool is_sequence = in.u8() == der::kSequence;
  const std::size_t size = take_der_length(in);
  if (!is_sequence || size != in.remaining()) {
    return false;
  }
  signature.first = take_der_integer(in);
  signature.second = take_der_integer(in);
  return in.ok() && in.remaining() == 0 && !signature.first.empty();
}

SignatureChecker::SignatureChecker(PublicKey key) : key_(std::move(key)) {}

SignatureChecker::~SignatureChecker() = default;

void SignatureChecker::FreeContext::operator()(evp_pkey_ctx_st* context) const {
  EVP_PKEY_CTX_free(context);
}

bool SignatureChecker::make_ready(const SignatureView& signature) {
  if (context_ && scheme_ == signature.scheme && hash_ == signature.hash) {
    return true;
  }
  context_.reset(context_of(key_).release());
  const bool rsa = signature.scheme != SignatureScheme::kEcdsa;
  if (!context_ || EVP_PKEY_verify_init(context_.get()) != 1 ||
      (rsa && !set_rsa_scheme(context_.get(), signature))) {
    context_.reset();
    return false;
  }
  scheme_ = signature.scheme;
  hash_ = signature.hash;
  return true;
}

Pkcs1Checker* SignatureChecker::pkcs1() {
  if (!pkcs1_) {
    pkcs1_ = Pkcs1Checker::create(key_);
  }
  return pkcs1_->get();
}

bool SignatureChecker::holds(const SignatureView& signature, const Digest& digest,
                             Pkcs1Scratch* scratch) {
  if (signature.scheme == SignatureScheme::kRsassa && pkcs1() != nullptr) {
    return fits(key_, signature, digest) && pkcs1()->holds(signature.first, digest, scratch);
  }
  return holds_by_evp(signature, digest);
}

bool SignatureChecker::holds_by_evp(const SignatureView& signature, const Digest& digest) {
  if (!fits(key_, signature, digest) || !make_ready(signature)) {
    return false;
  }
  const auto verify = [&](ByteView bytes) {
    return EVP_PKEY_verify(context_.get(), bytes.data(), bytes.size(), digest.view().data(),
                           digest.view().size()) == 1;
  };
  if (signature.scheme != SignatureScheme::kEcdsa) {
    return verify(signature.first);
  }
  const Bytes der = der_signature(signature.first, signature.second);
  return !der.empty() && verify(der);
}

bool signature_holds(const PublicKey& key, const SignatureView& signature, const Digest& digest) {
  // One signature alone does not repay what Pkcs1Checker makes of its key.
  return SignatureChecker(key).holds_by_evp(signature, digest);
}

}  // namespace quotemill
