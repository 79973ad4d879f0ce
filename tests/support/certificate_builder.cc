#include "tests/support/certificate_builder.h"

#include <atomic>
#include <cstdio>
#include <cstdlib>

#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "engine/crypto/handles.h"

namespace quotemill::testing {
namespace {

void must(bool condition, const char* what) {
  if (!condition) {
    std::fprintf(stderr, "OpenSSL refused: %s\n", what);
    std::abort();
  }
}

using NameHandle = std::unique_ptr<X509_NAME, OpensslFree<X509_NAME_free>>;
using ExtensionHandle = std::unique_ptr<X509_EXTENSION, OpensslFree<X509_EXTENSION_free>>;
using OctetString = std::unique_ptr<ASN1_OCTET_STRING, OpensslFree<ASN1_OCTET_STRING_free>>;
using ObjectHandle = std::unique_ptr<ASN1_OBJECT, OpensslFree<ASN1_OBJECT_free>>;
using GeneralNames = std::unique_ptr<GENERAL_NAMES, OpensslFree<GENERAL_NAMES_free>>;

void add_to_name(X509_NAME* name, const char* field, const std::string& value) {
  must(X509_NAME_add_entry_by_txt(name, field, MBSTRING_UTF8, as_bytes(value).data(),
                                  static_cast<int>(value.size()), -1, 0) == 1,
       "name");
}

void add_extension(X509* certificate, int nid, const std::string& value) {
  const ExtensionHandle extension(X509V3_EXT_conf_nid(nullptr, nullptr, nid, value.c_str()));
  must(extension && X509_add_ext(certificate, extension.get(), -1) == 1, value.c_str());
}

// TCG EK Credential Profile 2.5, 3.2.9: maker, model and version in a directoryName.
void add_tcg_san(X509* certificate) {
  NameHandle name(X509_NAME_new());
  add_to_name(name.get(), "2.23.133.2.1", "id:54455354");
  add_to_name(name.get(), "2.23.133.2.2", "Test");
  add_to_name(name.get(), "2.23.133.2.3", "id:00010000");
  GENERAL_NAME* const directory = GENERAL_NAME_new();
  GENERAL_NAME_set0_value(directory, GEN_DIRNAME, name.release());
  const GeneralNames names(sk_GENERAL_NAME_new_null());
  sk_GENERAL_NAME_push(names.get(), directory);
  must(X509_add1_ext_i2d(certificate, NID_subject_alt_name, names.get(), 1, X509V3_ADD_APPEND) == 1,
       "subjectAltName");
}

void add_unknown_critical(X509* certificate) {
  const ObjectHandle type(OBJ_txt2obj("1.3.6.1.4.1.99999.1", 1));
  const OctetString value(ASN1_OCTET_STRING_new());
  const Bytes null = {0x05, 0x00};
  ASN1_OCTET_STRING_set(value.get(), null.data(), static_cast<int>(null.size()));
  const ExtensionHandle extension(
      X509_EXTENSION_create_by_OBJ(nullptr, type.get(), 1, value.get()));
  must(X509_add_ext(certificate, extension.get(), -1) == 1, "extension");
}

// CAs have one; tools that issue certificates copy it into them (RFC 5280, 4.2.1.2).
void add_subject_key_id(X509* certificate) {
  X509V3_CTX context{};
  X509V3_set_ctx(&context, nullptr, certificate, nullptr, nullptr, 0);
  const ExtensionHandle extension(
      X509V3_EXT_conf_nid(nullptr, &context, NID_subject_key_identifier, "hash"));
  must(extension && X509_add_ext(certificate, extension.get(), -1) == 1, "subjectKeyIdentifier");
}

void add_extensions(X509* certificate, const CertificateSpec& spec) {
  if (spec.ca) {
    add_subject_key_id(certificate);
  }
  add_extension(certificate, NID_basic_constraints,
                spec.ca ? "critical,CA:TRUE" : "critical,CA:FALSE");
  add_extension(certificate, NID_key_usage,
                spec.ca ? "critical,keyCertSign,cRLSign" : "critical,keyEncipherment");
  if (!spec.extended_usage.empty()) {
    add_extension(certificate, NID_ext_key_usage, spec.extended_usage);
  }
  if (spec.critical_tcg_san) {
    add_tcg_san(certificate);
  }
  if (spec.unknown_critical) {
    add_unknown_critical(certificate);
  }
}

Certificate build(const CertificateSpec& spec, EVP_PKEY* subject, EVP_PKEY* issuer_key,
                  const X509_NAME* issuer) {
  static std::atomic<int> serial{1};
  const X509Handle certificate(X509_new());
  NameHandle name(X509_NAME_new());
  if (!spec.common_name.empty()) {
    add_to_name(name.get(), "CN", spec.common_name);
  }
  X509_set_version(certificate.get(), X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), serial++);
  X509_set_subject_name(certificate.get(), name.get());
  X509_set_issuer_name(certificate.get(), issuer == nullptr ? name.get() : issuer);
  ASN1_TIME_set(X509_getm_notBefore(certificate.get()), spec.not_before.ms / 1000);
  ASN1_TIME_set(X509_getm_notAfter(certificate.get()), spec.not_after.ms / 1000);
  must(X509_set_pubkey(certificate.get(), subject) == 1, "certificate key");
  add_extensions(certificate.get(), spec);
  must(X509_sign(certificate.get(), issuer_key, spec.sign_with_md5 ? EVP_md5() : EVP_sha256()) > 0,
       "certificate signature");
  unsigned char* raw = nullptr;
  const int size = i2d_X509(certificate.get(), &raw);
  must(size > 0, "certificate");
  const Bytes der(raw, raw + size);
  OPENSSL_free(raw);
  return *Certificate::from_der(der);
}

}  // namespace

Certificate issue(const CertificateSpec& spec, const PublicKey& subject,
                  const SigningKey& issuer_key, const Certificate& issuer) {
  return build(spec, subject.handle().get(), issuer_key.handle(),
               X509_get_subject_name(issuer.handle()));
}

Certificate self_signed(const CertificateSpec& spec, const SigningKey& key) {
  return build(spec, key.handle(), key.handle(), nullptr);
}

std::string to_pem(const Certificate& certificate) {
  const BioHandle out(BIO_new(BIO_s_mem()));
  must(PEM_write_bio_X509(out.get(), certificate.handle()) == 1, "PEM");
  char* text = nullptr;
  const long size = BIO_get_mem_data(out.get(), &text);
  return {text, static_cast<std::size_t>(size)};
}

}  // namespace quotemill::testing
