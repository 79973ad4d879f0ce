#include "engine/identity/imported_identity.h"

#include <utility>

#include "engine/base/limits.h"
#include "engine/base/text.h"
#include "engine/crypto/certificate.h"
#include "engine/crypto/hash.h"
#include "engine/identity/ek_certificate.h"
#include "engine/identity/enrolment.h"
#include "engine/identity/transcript.h"
#include "engine/tpm/public_area.h"

namespace quotemill {
namespace {

Error wrong(ErrorCode code, const char* field, const std::string& what) {
  return {code, field, 0, what};
}

// The same Error, said of this field.
Error about(const char* field, const Error& error) {
  return wrong(error.code, field, error.to_string());
}

constexpr const char* kPublicRemedy = ": give the TPM2B_PUBLIC or TPMT_PUBLIC as the TPM made it";

Result<PublicArea> decode_public(const char* field, ByteView bytes) {
  Result<PublicArea> area = decode_tpmt_public(without_tpm2b_length(bytes));
  return area ? std::move(area)
              : wrong(area.error().code, field, area.error().to_string() + kPublicRemedy);
}

Result<void> set_attestation_key(HostRecord& record, ByteView bytes) {
  Result<PublicArea> ak = decode_public("ak_public", bytes);
  if (!ak) {
    return ak.error();
  }
  if (const Result<void> allowed = check_enrollable_attestation_key(*ak); !allowed) {
    return about("ak_public", allowed.error());
  }
  record.ak_public = std::move(ak->encoded);
  return {};
}

Result<void> set_endorsement_key(HostRecord& record, ByteView bytes) {
  if (bytes.empty()) {
    return {};
  }
  Result<PublicArea> ek = decode_public("ek_public", bytes);
  if (!ek) {
    return ek.error();
  }
  if (const Result<void> allowed = check_endorsement_key(*ek); !allowed) {
    return about("ek_public", allowed.error());
  }
  record.ek_sha256 = ek->key_sha256_hex();
  record.ek_public = std::move(ek->encoded);
  return {};
}

Result<void> set_certificate(ImportedRecord& imported, ByteView bytes) {
  if (bytes.empty()) {
    return {};
  }
  const Result<Certificate> certificate = Certificate::from_nv(bytes);
  if (!certificate) {
    return about("ek_certificate", certificate.error());
  }
  const std::string key = hash(HashAlgorithm::kSha256, certificate->key().spki_der()).hex();
  HostRecord& record = imported.record;
  if (!record.ek_sha256.empty() && record.ek_sha256 != key) {
    return wrong(ErrorCode::kMismatch, "ek_certificate",
                 "is of another key than ek_public: take both from the same TPM");
  }
  record.ek_sha256 = key;
  imported.ek_certificate = certificate->der();
  record.ek_certificate = name_of_ek_certificate(imported.ek_certificate);
  return {};
}

Result<void> check_form(const ImportedIdentity& identity) {
  if (!is_host_name(identity.name)) {
    return wrong(ErrorCode::kMalformed, "name",
                 "\"" + escaped(identity.name, limits::kHostNameSizeMax) +
                     "\" is not 1 to 64 of a-z 0-9 . _ -");
  }
  if (identity.curve_key == CurveKey{}) {
    return wrong(ErrorCode::kMalformed, "curve_key", "is zero: take it from the host's key file");
  }
  if (identity.uid == HostUid{}) {
    return wrong(ErrorCode::kMalformed, "uid", "is zero: leave it out, and one is chosen");
  }
  return {};
}

}  // namespace

Result<ImportedRecord> imported_record(const ImportedIdentity& identity,
                                       const ImportContext& context) {
  if (const Result<void> form = check_form(identity); !form) {
    return form.error();
  }
  ImportedRecord imported;
  HostRecord& record = imported.record;
  record.uid = identity.uid.value_or(context.fresh_uid);
  record.name = identity.name;
  record.life_cycle = LifeCycle::kActive;
  record.curve_key = identity.curve_key;
  record.enrolled = context.now;
  record.admitted_by = std::string(HostRecord::kImportedPrefix) + context.who;
  if (const Result<void> ak = set_attestation_key(record, identity.ak_public); !ak) {
    return ak.error();
  }
  if (const Result<void> ek = set_endorsement_key(record, identity.ek_public); !ek) {
    return ek.error();
  }
  if (const Result<void> certificate = set_certificate(imported, identity.ek_certificate);
      !certificate) {
    return certificate.error();
  }
  return imported;
}

}  // namespace quotemill
