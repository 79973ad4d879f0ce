#include "engine/verify/ima_keyring.h"

#include <algorithm>

#include "engine/base/byte_reader.h"
#include "engine/base/limits.h"
#include "engine/crypto/check_signature.h"
#include "engine/crypto/cms_signature.h"
#include "engine/eventlog/ima_signature.h"

namespace quotemill {
namespace {

constexpr std::size_t kKeyIdSize = 4;

std::uint32_t last_four(ByteView id) {
  ByteReader in(id.size() < kKeyIdSize ? ByteView{} : id.last(kKeyIdSize));
  return in.u32_be();
}

bool file_signature_holds(const PublicKey& key, const ImaSignature& signature,
                          const Digest& digest) {
  SignatureView view{.scheme = SignatureScheme::kRsassa,
                     .hash = digest.algorithm(),
                     .first = signature.bytes,
                     .second = {}};
  if (key.kind() != KeyKind::kRsa) {
    view.scheme = SignatureScheme::kEcdsa;
    if (!read_ecdsa_der(signature.bytes, view)) {
      return false;
    }
  }
  return signature_holds(key, view, digest);
}

}  // namespace

std::uint32_t ima_key_id(const Certificate& certificate) {
  const Bytes id = certificate.subject_key_id();
  return id.size() >= kKeyIdSize ? last_four(id) : last_four(certificate.key_digest().view());
}

bool ImaKeyring::add(Certificate certificate) {
  if (find(certificate.der()) != nullptr) {
    return true;
  }
  if (certificates_.size() == limits::kTrustedCertificatesMax) {
    return false;
  }
  // evmctl takes the key's own digest, the kernel the extension's identifier: they may differ.
  const std::uint32_t of_certificate = ima_key_id(certificate);
  const std::uint32_t of_key = last_four(certificate.key_digest().view());
  by_key_id_.emplace(of_certificate, certificates_.size());
  if (of_key != of_certificate) {
    by_key_id_.emplace(of_key, certificates_.size());
  }
  certificates_.push_back(std::move(certificate));
  return true;
}

const Certificate* ImaKeyring::find(ByteView der) const {
  const auto found = std::find_if(certificates_.begin(), certificates_.end(),
                                  [der](const Certificate& one) { return equal(one.der(), der); });
  return found == certificates_.end() ? nullptr : &*found;
}

ImaSignatureCheck ImaKeyring::check(const ImaFields& fields) const {
  if (!fields.signature.empty()) {
    return check_file_signature(fields);
  }
  return fields.modsig.empty() ? ImaSignatureCheck{} : check_module_signature(fields);
}

ImaSignatureCheck ImaKeyring::check_file_signature(const ImaFields& fields) const {
  ImaSignatureCheck check{.state = ImaSignatureState::kUnsupported};
  const Result<ImaSignature> signature = read_ima_signature(fields.signature);
  const std::optional<Digest> file = fields.file_digest();
  if (!signature || !file.has_value()) {
    return check;
  }
  check.key_id = signature->key_id;
  const auto [first, last] = by_key_id_.equal_range(signature->key_id);
  if (first == last) {
    check.state = ImaSignatureState::kKeyUnknown;
    return check;
  }
  const std::optional<Digest> digest = signature->signed_digest(*file);
  if (!digest.has_value()) {
    return check;
  }
  check.state = ImaSignatureState::kInvalid;
  for (auto one = first; one != last; ++one) {
    const Certificate& certificate = certificates_[one->second];
    if (file_signature_holds(certificate.key(), *signature, *digest)) {
      check.state = ImaSignatureState::kValid;
      check.signer = &certificate;
      break;
    }
  }
  return check;
}

ImaSignatureCheck ImaKeyring::check_module_signature(const ImaFields& fields) const {
  ImaSignatureCheck check{.state = ImaSignatureState::kUnsupported};
  const Result<CmsSignatures> signatures = CmsSignatures::from_der(fields.modsig);
  ImaFields module;
  module.algorithm = fields.modsig_algorithm;
  module.digest = fields.modsig_digest;
  const std::optional<Digest> digest = module.file_digest();
  if (!signatures || !digest.has_value()) {
    return check;
  }
  check.state = ImaSignatureState::kKeyUnknown;
  for (const Certificate& certificate : certificates_) {
    if (!signatures->names(certificate)) {
      continue;
    }
    if (signatures->hold(certificate, *digest)) {
      return {.state = ImaSignatureState::kValid, .signer = &certificate};
    }
    check.state = ImaSignatureState::kInvalid;
  }
  return check;
}

}  // namespace quotemill
