// Enrolment: how a host proves that it holds a genuine TPM and that its Attestation Key lives there
// (DESIGN, sections 1 and 5).
//
//   ENROL -> begin_enrolment() -> OpenEnrolment -> CREDENTIAL
//   PROOF -> finish_enrolment(OpenEnrolment) -> ProvenIdentity -> decide_admission() (admission.h)
//
// Values in, decision out; nothing is stored and nothing of an existing host changes here. Proven
// means *a* genuine TPM: whether it may be a host of this fleet is admission.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>

#include "engine/base/bytes.h"
#include "engine/base/digest.h"
#include "engine/base/result.h"
#include "engine/base/time.h"
#include "engine/crypto/certificate_chain.h"
#include "engine/identity/transcript.h"
#include "engine/tpm/credential.h"
#include "engine/tpm/public_area.h"

namespace quotemill {

// How long a host has to answer a credential. A slow hardware TPM needs about two seconds.
inline constexpr std::int64_t kEnrolmentLifetimeMs = 60'000;

// Size of the secret inside a credential. No EK that is accepted has a shorter name digest.
inline constexpr std::size_t kEnrolmentSecretSize = 32;

// What a host claims, unchecked.
struct EnrolRequest {
  std::string name;
  Bytes ek_certificate;  // as the TPM keeps it in NV; empty if it has none
  Bytes ek_public;       // TPM2B_PUBLIC or TPMT_PUBLIC
  Bytes ak_public;       // TPM2B_PUBLIC or TPMT_PUBLIC
  std::string token;     // empty if it has none
};

// What makes an EK genuine: a certificate that chains to one of these roots, or the operator's own
// word (the EK is in his list).
struct EnrolmentRules {
  TrustedRoots roots{{}};
  // SHA-256 of the EK's SubjectPublicKeyInfo, lower-case hexadecimal.
  std::set<std::string, std::less<>> pinned_eks;
};

// A conversation between CREDENTIAL and PROOF. Holds the secret: never printed, never stored.
struct OpenEnrolment {
  std::string name;
  PublicArea ek;
  std::string ek_sha256;
  Bytes ek_certificate;  // DER, if it was verified; empty if the EK was pinned
  PublicArea ak;
  std::optional<Digest> token;  // SHA-256 of the token's text
  EnrolmentChannel channel;
  Credential credential;  // goes to the host
  Bytes secret;
  Digest transcript;
  BootTime deadline;
};

// What a host answers.
struct EnrolmentProof {
  Bytes hmac;
  Bytes attest;     // TPMS_ATTEST
  Bytes signature;  // TPMT_SIGNATURE
};

// A TPM with an EK that is genuine and an AK that lives in it, at the other end of this CURVE key.
// Only finish_enrolment() makes one.
class ProvenIdentity {
 public:
  [[nodiscard]] const std::string& name() const { return facts_.name; }

  [[nodiscard]] ByteView ek_public() const { return facts_.ek.encoded; }  // TPMT_PUBLIC

  [[nodiscard]] const std::string& ek_sha256() const { return facts_.ek_sha256; }

  [[nodiscard]] ByteView ek_certificate() const { return facts_.ek_certificate; }

  [[nodiscard]] ByteView ak_public() const { return facts_.ak.encoded; }  // TPMT_PUBLIC

  [[nodiscard]] const CurveKey& curve_key() const { return facts_.channel.host_key; }

  [[nodiscard]] const std::optional<Digest>& token() const { return facts_.token; }

 private:
  friend Result<ProvenIdentity> finish_enrolment(OpenEnrolment&& open, const EnrolmentProof& proof,
                                                 BootTime now);

  explicit ProvenIdentity(OpenEnrolment&& facts);

  OpenEnrolment facts_;
};

// What an AK must be to become a host's: check_attestation_key(), and a Name that is not SHA-1.
// kDenied, "attestation key".
Result<void> check_enrollable_attestation_key(const PublicArea& ak);

// Checks, in this order: the name's form; both public areas; the certificate's key against the EK
// public (a certificate is never ignored); the chain, or the pin; the attributes of EK and AK; and
// makes the credential for that EK and that AK's Name. `secret` is kEnrolmentSecretSize fresh
// random bytes. Each refusal has its own context ("enrol.name", "enrol.ek_certificate", "EK
// certificate", "attestation key", …); details are escaped and fit to be sent to the host.
Result<OpenEnrolment> begin_enrolment(const EnrolRequest& request, const EnrolmentRules& rules,
                                      const EnrolmentChannel& channel, ByteView secret, Moment now);

// Consumes `open`, whatever the outcome: a conversation has one try. kExpired ("enrol.deadline")
// after 60 s; kDenied ("enrol.hmac") if the secret was not activated; else what is wrong with the
// quote ("TPMS_ATTEST.magic", "enrol.quote.nonce", "enrol.quote.signature", …). No Error says what
// would have been right (CVE-2023-38201).
Result<ProvenIdentity> finish_enrolment(OpenEnrolment&& open, const EnrolmentProof& proof,
                                        BootTime now);

}  // namespace quotemill
