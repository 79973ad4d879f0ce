#include "deploy/quotemill-verify/input_files.h"

#include <array>
#include <cerrno>
#include <fstream>
#include <system_error>

#include "engine/base/byte_reader.h"
#include "engine/base/text.h"
#include "engine/crypto/certificate.h"
#include "engine/tpm/signature.h"

namespace quotemill::offline {
namespace {

constexpr std::uint8_t kDerSequence = 0x30;

Result<AttestationKey> key_of_certificate(ByteView file) {
  const Result<CertificateFile> certificates = parse_certificate_file(file);
  if (!certificates) {
    return certificates.error();
  }
  if (certificates->certificates.empty()) {
    return Error{ErrorCode::kUnsupported, "AK certificate", 0, "its key is neither RSA nor EC"};
  }
  return AttestationKey{certificates->certificates.front().key(), std::nullopt, true};
}

Result<AttestationKey> key_of_area(Result<PublicArea> area) {
  if (!area) {
    return area.error();
  }
  return AttestationKey{area->key, *area, false};
}

Result<AttestationKey> key_of_spki(Result<PublicKey> key) {
  if (!key) {
    return key.error();
  }
  return AttestationKey{*key, std::nullopt, false};
}

std::vector<HashAlgorithm> hashes_to_try(const AttestationKey& key) {
  if (key.area.has_value() && key.area->scheme_set) {
    return {key.area->scheme_hash};
  }
  return {HashAlgorithm::kSha256, HashAlgorithm::kSha384, HashAlgorithm::kSha512,
          HashAlgorithm::kSha1};
}

}  // namespace

Result<Bytes> read_file(const std::filesystem::path& path, std::size_t size_max) {
  const std::string name = escaped(path.string());
  std::ifstream in(path, std::ios::binary);
  if (!in) {
    return Error{ErrorCode::kIo, "file", 0, name + ": " + std::generic_category().message(errno)};
  }
  Bytes contents;
  std::array<char, 65536> piece{};
  // Sizes are not asked for: files of securityfs say 0.
  while (in.read(piece.data(), piece.size()) || in.gcount() > 0) {
    const ByteView read = as_bytes({piece.data(), static_cast<std::size_t>(in.gcount())});
    contents.insert(contents.end(), read.begin(), read.end());
    if (contents.size() > size_max) {
      return Error{ErrorCode::kTooLarge, "file", 0,
                   name + ": larger than " + std::to_string(size_max) + " bytes"};
    }
  }
  if (in.bad()) {
    return Error{ErrorCode::kIo, "file", 0, name + ": cannot be read"};
  }
  return contents;
}

Result<AttestationKey> decode_attestation_key(ByteView file) {
  const std::string_view text = as_text(file);
  if (text.find("-----BEGIN PUBLIC KEY-----") != std::string_view::npos) {
    return key_of_spki(PublicKey::from_pem(text));
  }
  if (text.find("-----BEGIN CERTIFICATE-----") != std::string_view::npos) {
    return key_of_certificate(file);
  }
  if (!file.empty() && file.front() == kDerSequence) {
    Result<AttestationKey> spki = key_of_spki(PublicKey::from_spki_der(file));
    return spki ? std::move(spki) : key_of_certificate(file);
  }
  // The length of a TPM2B_PUBLIC tells it from a TPMT_PUBLIC, which begins with a small number.
  ByteReader in(file);
  return in.u16_be() == file.size() - 2 ? key_of_area(decode_tpm2b_public(file))
                                        : key_of_area(decode_tpmt_public(file));
}

Result<SignatureCandidates> decode_signature_file(ByteView file, const AttestationKey& key) {
  SignatureCandidates candidates;
  const Result<SignatureView> structure = decode_signature(file);
  if (structure) {
    candidates.views = {*structure};
    return candidates;
  }
  candidates.plain = true;
  const bool rsa = key.key.kind() == KeyKind::kRsa;
  SignatureView plain;
  plain.first = file;
  if (rsa ? file.size() != (key.key.bits() + 7) / 8 : !read_ecdsa_der(file, plain)) {
    return structure.error();
  }
  for (const HashAlgorithm hash : hashes_to_try(key)) {
    plain.hash = hash;
    plain.scheme = rsa ? SignatureScheme::kRsassa : SignatureScheme::kEcdsa;
    candidates.views.push_back(plain);
    if (rsa) {
      plain.scheme = SignatureScheme::kRsapss;
      candidates.views.push_back(plain);
    }
  }
  return candidates;
}

}  // namespace quotemill::offline
