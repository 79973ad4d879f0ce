#include "engine/crypto/cms_signature.h"

#include <openssl/cms.h>
#include <openssl/err.h>

#include "engine/crypto/check_signature.h"
#include "engine/crypto/handles.h"

namespace quotemill {
namespace {

std::optional<HashAlgorithm> hash_of(const X509_ALGOR* algorithm) {
  const ASN1_OBJECT* type = nullptr;
  X509_ALGOR_get0(&type, nullptr, nullptr, algorithm);
  switch (OBJ_obj2nid(type)) {
    case NID_sha1:
      return HashAlgorithm::kSha1;
    case NID_sha256:
      return HashAlgorithm::kSha256;
    case NID_sha384:
      return HashAlgorithm::kSha384;
    case NID_sha512:
      return HashAlgorithm::kSha512;
    default:
      return std::nullopt;
  }
}

ByteView view_of(const ASN1_OCTET_STRING* text) {
  return {ASN1_STRING_get0_data(text), static_cast<std::size_t>(ASN1_STRING_length(text))};
}

bool direct_signature_holds(CMS_SignerInfo* signer, const PublicKey& key, const Digest& content) {
  SignatureView signature;
  signature.hash = content.algorithm();
  signature.first = view_of(CMS_SignerInfo_get0_signature(signer));
  if (key.kind() != KeyKind::kRsa) {
    signature.scheme = SignatureScheme::kEcdsa;
    if (!read_ecdsa_der(signature.first, signature)) {
      return false;
    }
  }
  return signature_holds(key, signature, content);
}

bool attributes_hold(CMS_SignerInfo* signer, const Certificate& certificate,
                     const Digest& content) {
  const auto* const digest = static_cast<const ASN1_OCTET_STRING*>(CMS_signed_get0_data_by_OBJ(
      signer, OBJ_nid2obj(NID_pkcs9_messageDigest), -3, V_ASN1_OCTET_STRING));
  if (digest == nullptr || !equal(view_of(digest), content.view())) {
    return false;
  }
  CMS_SignerInfo_set1_signer_cert(signer, certificate.handle());
  const bool holds = CMS_SignerInfo_verify(signer) == 1;
  ERR_clear_error();
  return holds;
}

bool signer_holds(CMS_SignerInfo* signer, const Certificate& certificate, const Digest& content) {
  X509_ALGOR* algorithm = nullptr;
  CMS_SignerInfo_get0_algs(signer, nullptr, nullptr, &algorithm, nullptr);
  if (CMS_SignerInfo_cert_cmp(signer, certificate.handle()) != 0 ||
      hash_of(algorithm) != content.algorithm()) {
    return false;
  }
  return CMS_signed_get_attr_count(signer) > 0
             ? attributes_hold(signer, certificate, content)
             : direct_signature_holds(signer, certificate.key(), content);
}

template <class Predicate>
bool any_signer(CMS_ContentInfo* message, Predicate holds) {
  STACK_OF(CMS_SignerInfo)* const signers = CMS_get0_SignerInfos(message);
  for (int i = 0; i < sk_CMS_SignerInfo_num(signers); ++i) {
    if (holds(sk_CMS_SignerInfo_value(signers, i))) {
      return true;
    }
  }
  return false;
}

}  // namespace

Result<CmsSignatures> CmsSignatures::from_der(ByteView der) {
  const unsigned char* at = der.data();
  std::shared_ptr<CMS_ContentInfo> message(
      d2i_CMS_ContentInfo(nullptr, &at, static_cast<long>(der.size())), CMS_ContentInfo_free);
  ERR_clear_error();
  if (message == nullptr || CMS_get0_SignerInfos(message.get()) == nullptr) {
    ERR_clear_error();
    return Error{ErrorCode::kMalformed, "PKCS #7 signature"};
  }
  if (at != der.data() + der.size()) {
    return Error{ErrorCode::kTrailing, "PKCS #7 signature"};
  }
  return CmsSignatures(std::move(message));
}

bool CmsSignatures::names(const Certificate& signer) const {
  return any_signer(message_.get(), [&signer](CMS_SignerInfo* info) {
    return CMS_SignerInfo_cert_cmp(info, signer.handle()) == 0;
  });
}

bool CmsSignatures::hold(const Certificate& signer, const Digest& content) const {
  return any_signer(message_.get(),
                    [&](CMS_SignerInfo* info) { return signer_holds(info, signer, content); });
}

}  // namespace quotemill
