// Certificate: a parsed X.509 certificate of an EK or of a TPM vendor's CA.
//
// Real EK certificates deviate from strict DER (SET OF order, trailing padding in NV, a 7-byte
// header before the DER, the RSAES-OAEP key OID): each such deviation is named where it is allowed.
// Immutable; copies share one OpenSSL object.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/bytes.h"
#include "engine/base/digest.h"
#include "engine/base/result.h"
#include "engine/base/time.h"
#include "engine/crypto/public_key.h"

struct x509_st;  // X509

namespace quotemill {

class Certificate {
 public:
  // Exactly one certificate; trailing bytes are an error.
  static Result<Certificate> from_der(ByteView der);

  // One certificate as TPMs keep it in NV: a known 7-byte header (10 01 00 …, or the TCG 1.2
  // "PC client" header) and padding of 00 or FF behind the DER are dropped.
  static Result<Certificate> from_nv(ByteView nv);

  [[nodiscard]] const PublicKey& key() const { return key_; }

  [[nodiscard]] bool is_ca() const;
  [[nodiscard]] bool is_self_signed() const;
  [[nodiscard]] WallTime not_before() const;
  [[nodiscard]] WallTime not_after() const;
  [[nodiscard]] std::string subject() const;  // RFC 2253, escaped for printing
  [[nodiscard]] std::string issuer() const;
  [[nodiscard]] Bytes der() const;

  // The extension's value; empty if it has none (RFC 5280, 4.2.1.2).
  [[nodiscard]] Bytes subject_key_id() const;

  // SHA-1 of the subjectPublicKey, method (1) of that section, whatever the extension says.
  [[nodiscard]] Digest key_digest() const;

  // Borrowed; for engine/crypto and tests only.
  [[nodiscard]] x509_st* handle() const { return certificate_.get(); }

 private:
  Certificate(std::shared_ptr<x509_st> certificate, PublicKey key)
      : certificate_(std::move(certificate)), key_(std::move(key)) {}

  std::shared_ptr<x509_st> certificate_;
  PublicKey key_;
};

// All certificates of one file: PEM (any number, other PEM blocks ignored) or one DER. A file
// without any is kMalformed. Certificates with a key that we don't handle are left out and counted
// in `skipped`.
struct CertificateFile {
  std::vector<Certificate> certificates;
  std::size_t skipped = 0;
};

Result<CertificateFile> parse_certificate_file(ByteView contents);

}  // namespace quotemill
