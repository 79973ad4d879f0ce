#include "engine/crypto/certificate.h"

#include <array>
#include <chrono>
#include <ctime>
#include <limits>
#include <optional>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "engine/base/byte_reader.h"
#include "engine/base/limits.h"
#include "engine/crypto/handles.h"
#include "engine/crypto/hash.h"
#include "engine/crypto/openssl_values.h"

namespace quotemill {
namespace {

namespace chrono = std::chrono;

// TCG PC Client Implementation Specification for Conventional BIOS 1.21, 7.4.5: how a certificate
// is stored in NV. TPMs of 2.0 keep a certificate without it; some were shipped with it.
constexpr std::uint16_t kTagStoredCertificate = 0x1001;
constexpr std::uint16_t kTagFullCertificate = 0x1002;
constexpr std::uint8_t kFullCertificate = 0;

// Answers of X509_check_ca() that make a CA: basicConstraints, or a self-signed root of version 1.
// The others stand for old habits (keyUsage alone, Netscape's extension) and make none.
constexpr int kCaByConstraints = 1;
constexpr int kCaByVersion1 = 3;

std::optional<WallTime> wall_time(const ASN1_TIME* time) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1) {
    return std::nullopt;
  }
  const chrono::year_month_day date(chrono::year(parts.tm_year + 1900),
                                    chrono::month(static_cast<unsigned>(parts.tm_mon + 1)),
                                    chrono::day(static_cast<unsigned>(parts.tm_mday)));
  const chrono::milliseconds moment = chrono::sys_days(date).time_since_epoch() +
                                      chrono::hours(parts.tm_hour) + chrono::minutes(parts.tm_min) +
                                      chrono::seconds(parts.tm_sec);
  return WallTime{moment.count()};
}

// The certificate at the beginning of `bytes`, and where it ends.
std::pair<X509Handle, std::size_t> take_x509(ByteView bytes) {
  const unsigned char* at = bytes.data();
  X509Handle certificate(d2i_X509(nullptr, &at, static_cast<long>(bytes.size())));
  const std::size_t size = certificate ? static_cast<std::size_t>(at - bytes.data()) : 0;
  ERR_clear_error();
  return {std::move(certificate), size};
}

Result<PublicKey> key_of(const X509* certificate) {
  const X509_PUBKEY* const key = X509_get_X509_PUBKEY(certificate);
  return PublicKey::from_spki_der(to_der<X509_PUBKEY>(i2d_X509_PUBKEY, key));
}

bool has_oaep_key(const X509* certificate) {
  ASN1_OBJECT* type = nullptr;
  X509_PUBKEY_get0_param(&type, nullptr, nullptr, nullptr, X509_get_X509_PUBKEY(certificate));
  return OBJ_obj2nid(type) == NID_rsaesOaep;
}

// OpenSSL refuses to verify a certificate whose own key it cannot decode, and it decodes no
// RSAES-OAEP key. So its decoded form is given the same numbers as an rsaEncryption key, in place;
// the encoding that was signed is kept apart, and stays what der() gives.
bool relabel_key(X509Handle& certificate, const PublicKey& key) {
  const Bytes der = key.spki_der();
  const unsigned char* at = der.data();
  X509_PUBKEY* inside = X509_get_X509_PUBKEY(certificate.get());
  if (d2i_X509_PUBKEY(&inside, &at, static_cast<long>(der.size())) == nullptr) {
    // OpenSSL freed what the certificate still points to: leaking it is the safe way out.
    static_cast<void>(certificate.release());
    return false;
  }
  return true;
}

bool is_padding(ByteView bytes) {
  const auto all = [bytes](std::uint8_t value) {
    return std::all_of(bytes.begin(), bytes.end(), [value](auto byte) { return byte == value; });
  };
  return all(0x00) || all(0xFF);
}

// What follows the header of a stored certificate, or all of `nv` if it has none.
Result<ByteView> without_header(ByteView nv) {
  ByteReader in(nv);
  if (in.u16_be() != kTagStoredCertificate) {  // TCG_PCCLIENT_STORED_CERT tag
    return nv;
  }
  if (in.u8() != kFullCertificate) {  // certType
    in.fail(ErrorCode::kUnsupported);
  }
  const std::uint16_t size = in.u16_be();  // certSize
  ByteReader content = in.sub(size);
  if (content.u16_be() != kTagFullCertificate) {  // TCG_FULL_CERT tag
    content.fail(ErrorCode::kUnsupported);
  }
  const ByteView certificate = content.rest();
  if (!in.ok() || !content.ok()) {
    return in.ok() ? content.error("stored certificate") : in.error("stored certificate");
  }
  if (!is_padding(in.rest())) {
    return Error{ErrorCode::kTrailing, "stored certificate"};
  }
  return certificate;
}

// One block of a PEM file; empty name at the end of the file.
struct PemBlock {
  std::string name;
  Bytes contents;
};

Result<PemBlock> next_pem_block(BIO* in) {
  char* name = nullptr;
  char* header = nullptr;
  unsigned char* data = nullptr;
  long size = 0;
  if (PEM_read_bio(in, &name, &header, &data, &size) != 1) {
    const bool at_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
    ERR_clear_error();
    if (at_end) {
      return PemBlock{};
    }
    return Error{ErrorCode::kMalformed, "PEM"};
  }
  PemBlock block{name, to_bytes({data, static_cast<std::size_t>(size)})};
  OPENSSL_free(name);
  OPENSSL_free(header);
  OPENSSL_free(data);
  return block;
}

bool looks_like_pem(ByteView contents) {
  return as_text(contents).find("-----BEGIN ") != std::string_view::npos;
}

// Adds one certificate of a file, or counts it if it is one with a key that is not handled here.
Result<void> add_certificate(ByteView der, CertificateFile& file) {
  Result<Certificate> certificate = Certificate::from_der(der);
  if (certificate) {
    if (file.certificates.size() >= limits::kTrustedCertificatesMax) {
      return Error{ErrorCode::kTooLarge, "certificate file"};
    }
    file.certificates.push_back(std::move(*certificate));
    return {};
  }
  const auto [parsed, size] = take_x509(der);
  if (parsed && size == der.size()) {
    ++file.skipped;
    return {};
  }
  return certificate.error();
}

Result<void> add_pem_certificates(ByteView contents, CertificateFile& file) {
  const BioHandle in(BIO_new_mem_buf(contents.data(), static_cast<int>(contents.size())));
  if (!in) {
    return Error{ErrorCode::kCrypto, "PEM"};
  }
  while (true) {
    Result<PemBlock> block = next_pem_block(in.get());
    if (!block) {
      return block.error();
    }
    if (block->name.empty()) {
      return {};
    }
    if (block->name == PEM_STRING_X509 || block->name == PEM_STRING_X509_OLD) {
      Result<void> added = add_certificate(block->contents, file);
      if (!added) {
        return added;
      }
    }
  }
}

}  // namespace

Result<Certificate> Certificate::from_der(ByteView der) {
  if (der.size() > limits::kCertificateSizeMax) {
    return Error{ErrorCode::kTooLarge, "certificate"};
  }
  auto [certificate, size] = take_x509(der);
  if (!certificate || !wall_time(X509_get0_notBefore(certificate.get())) ||
      !wall_time(X509_get0_notAfter(certificate.get()))) {
    return Error{ErrorCode::kMalformed, "certificate"};
  }
  if (size != der.size()) {
    return Error{ErrorCode::kTrailing, "certificate", size};
  }
  Result<PublicKey> key = key_of(certificate.get());
  if (!key) {
    return key.error();
  }
  if (has_oaep_key(certificate.get()) && !relabel_key(certificate, *key)) {
    return Error{ErrorCode::kCrypto, "certificate"};
  }
  // Fills OpenSSL's cache of extensions now, so that later reads only read.
  X509_check_purpose(certificate.get(), -1, 0);
  return Certificate(std::move(certificate), std::move(*key));
}

Result<Certificate> Certificate::from_nv(ByteView nv) {
  const Result<ByteView> content = without_header(nv);
  if (!content) {
    return content.error();
  }
  if (content->size() > limits::kCertificateSizeMax) {
    return Error{ErrorCode::kTooLarge, "certificate"};
  }
  const auto [certificate, size] = take_x509(*content);
  if (!certificate) {
    return Error{ErrorCode::kMalformed, "certificate"};
  }
  if (!is_padding(content->subspan(size))) {
    return Error{ErrorCode::kTrailing, "certificate", size};
  }
  return from_der(content->first(size));
}

bool Certificate::is_ca() const {
  const int kind = X509_check_ca(certificate_.get());
  return kind == kCaByConstraints || kind == kCaByVersion1;
}

bool Certificate::is_self_signed() const {
  return X509_self_signed(certificate_.get(), 1) == 1;
}

WallTime Certificate::not_before() const {
  return wall_time(X509_get0_notBefore(certificate_.get())).value_or(WallTime{});
}

WallTime Certificate::not_after() const {
  return wall_time(X509_get0_notAfter(certificate_.get())).value_or(WallTime{});
}

std::string Certificate::subject() const {
  return printed_name(X509_get_subject_name(certificate_.get()));
}

std::string Certificate::issuer() const {
  return printed_name(X509_get_issuer_name(certificate_.get()));
}

Bytes Certificate::der() const {
  return to_der<X509>(i2d_X509, certificate_.get());
}

Bytes Certificate::subject_key_id() const {
  const ASN1_OCTET_STRING* const id = X509_get0_subject_key_id(certificate_.get());
  if (id == nullptr) {
    return {};
  }
  const ByteView bytes(ASN1_STRING_get0_data(id), static_cast<std::size_t>(ASN1_STRING_length(id)));
  return to_bytes(bytes);
}

Digest Certificate::key_digest() const {
  const ASN1_BIT_STRING* const key = X509_get0_pubkey_bitstr(certificate_.get());
  return hash(HashAlgorithm::kSha1, ByteView(ASN1_STRING_get0_data(key),
                                             static_cast<std::size_t>(ASN1_STRING_length(key))));
}

Result<CertificateFile> parse_certificate_file(ByteView contents) {
  if (contents.size() > limits::kTrustedCertificatesMax * limits::kCertificateSizeMax) {
    return Error{ErrorCode::kTooLarge, "certificate file"};
  }
  CertificateFile file;
  const Result<void> added = looks_like_pem(contents) ? add_pem_certificates(contents, file)
                                                      : add_certificate(contents, file);
  if (!added) {
    return added.error();
  }
  if (file.certificates.empty() && file.skipped == 0) {
    return Error{ErrorCode::kMalformed, "certificate file"};
  }
  return file;
}

}  // namespace quotemill
