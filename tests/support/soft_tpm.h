// SoftTpm: the two keys of a TPM and the two commands that an enrolment needs of it, over OpenSSL.
//
// Written from the TPM specification beside engine/tpm, so that the two check each other; the real
// thing is tests/support/swtpm.h. Its keys and public areas may be changed by a test that plays a
// dishonest host.
#pragma once

#include "engine/base/result.h"
#include "engine/crypto/certificate.h"
#include "engine/crypto/certificate_chain.h"
#include "engine/identity/enrolment.h"
#include "tests/support/certificate_builder.h"
#include "tests/support/signing_key.h"

namespace quotemill::testing {

// A TPM vendor: a root that signs EK certificates.
struct TpmVendor {
  TpmVendor();

  // What TPM vendors write: empty subject, critical SAN, the EK's extended key usage.
  [[nodiscard]] Certificate certify(const PublicKey& ek) const;

  [[nodiscard]] TrustedRoots roots() const { return TrustedRoots({root}); }

  SigningKey key;
  Certificate root;
};

class SoftTpm {
 public:
  // EK and AK of this kind, fresh.
  explicit SoftTpm(KeyKind kind = KeyKind::kEcP256);

  // TPM2_ActivateCredential with ak's Name; kTpm if the credential is for another EK or AK.
  [[nodiscard]] Result<Bytes> activate(ByteView id_object, ByteView encrypted_secret) const;

  // TPM2_Quote over PCR 0 with the AK.
  [[nodiscard]] EnrolmentProof quote(ByteView qualifying_data) const;

  // The whole answer to a credential, as an honest host gives it.
  [[nodiscard]] EnrolmentProof prove(const OpenEnrolment& open) const;

  // A fresh AK in the same TPM.
  void replace_ak();

  // What an honest host sends.
  [[nodiscard]] EnrolRequest request(const std::string& name, const TpmVendor& vendor) const;

  SigningKey ek_key;
  SigningKey ak_key;
  PublicArea ek;
  PublicArea ak;
};

}  // namespace quotemill::testing
