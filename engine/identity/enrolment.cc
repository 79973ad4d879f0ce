#include "engine/identity/enrolment.h"

#include <utility>

#include "engine/base/limits.h"
#include "engine/base/text.h"
#include "engine/crypto/certificate.h"
#include "engine/crypto/check_signature.h"
#include "engine/crypto/hash.h"
#include "engine/tpm/quote.h"
#include "engine/tpm/signature.h"

namespace quotemill {
namespace {

Result<void> check_form(const EnrolRequest& request) {
  if (!is_host_name(request.name)) {
    return Error{ErrorCode::kMalformed, "enrol.name", 0,
                 "host name \"" + escaped(request.name, limits::kHostNameSizeMax) +
                     "\" is not 1 to 64 of [a-z0-9._-]"};
  }
  if (request.token.size() > limits::kTokenSizeMax) {
    return Error{ErrorCode::kTooLarge, "enrol.token"};
  }
  return {};
}

// The DER to keep: of a certificate that chains to a root, or none if the EK is pinned instead.
Result<Bytes> check_ek(const EnrolRequest& request, const PublicArea& ek,
                       const EnrolmentRules& rules, WallTime at) {
  const std::string sha256 = ek.key_sha256_hex();
  const bool pinned = rules.pinned_eks.contains(sha256);
  if (request.ek_certificate.empty()) {
    return pinned ? Result<Bytes>(Bytes{})
                  : Error{ErrorCode::kDenied, "enrol.ek_certificate", 0,
                          "no EK certificate, and EK sha256:" + sha256 + " is not pinned"};
  }
  const Result<Certificate> certificate = Certificate::from_nv(request.ek_certificate);
  if (!certificate) {
    return certificate.error();
  }
  // A pin does not excuse this: a certificate of another key means that something is being passed
  // off (CVE-2021-3406).
  if (!certificate->key().same_as(ek.key)) {
    return Error{ErrorCode::kMismatch, "enrol.ek_certificate", 0,
                 "the EK certificate is of another key than the EK"};
  }
  const Result<void> chain = rules.roots.check_ek_certificate(*certificate, at);
  if (chain) {
    return certificate->der();
  }
  return pinned ? Result<Bytes>(Bytes{}) : chain.error();
}

Result<void> check_keys(const PublicArea& ek, const PublicArea& ak) {
  if (Result<void> allowed = check_endorsement_key(ek); !allowed) {
    return allowed;
  }
  return check_enrollable_attestation_key(ak);
}

Result<PublicArea> decode_public(ByteView bytes) {
  return decode_tpmt_public(without_tpm2b_length(bytes));
}

std::optional<Digest> token_digest(const std::string& token) {
  return token.empty() ? std::nullopt
                       : std::optional(hash(HashAlgorithm::kSha256, as_bytes(token)));
}

// An AK outside the EK's hierarchy gets obfuscated reset counters from its TPM (Part 3, 18.1), so
// that resets could not be told. Its signature covers where it lives.
bool is_endorsed(ByteView qualified_signer, const OpenEnrolment& open) {
  return equal(qualified_signer, open.ak.qualified_name(endorsement_qualified_name(open.ek))) ||
         equal(qualified_signer, endorsement_qualified_name(open.ak));
}

// The quote by the new AK: made by a TPM, for this conversation, with this key.
Result<void> check_quote(const OpenEnrolment& open, const EnrolmentProof& proof) {
  const Result<Quote> quote = decode_quote(proof.attest);
  if (!quote) {
    return quote.error();
  }
  const Digest expected = enrolment_qualifying_data(open.transcript);
  if (!equal_constant_time(quote->extra_data, expected.view())) {
    return Error{ErrorCode::kMismatch, "enrol.quote.nonce"};
  }
  const Result<SignatureView> signature = decode_signature(proof.signature);
  if (!signature) {
    return signature.error();
  }
  // The AK has one scheme (check_attestation_key); its TPM signs with no other.
  if (signature->scheme != open.ak.scheme || signature->hash != open.ak.scheme_hash) {
    return Error{ErrorCode::kMismatch, "enrol.quote.scheme"};
  }
  if (!signature_holds(open.ak.key, *signature, hash(signature->hash, proof.attest))) {
    return Error{ErrorCode::kDenied, "enrol.quote.signature"};
  }
  if (!is_endorsed(quote->qualified_signer, open)) {
    return Error{ErrorCode::kDenied, "enrol.quote.hierarchy", 0,
                 "the AK is neither a child of this EK nor a primary key of its hierarchy"};
  }
  return {};
}

}  // namespace

ProvenIdentity::ProvenIdentity(OpenEnrolment&& facts) : facts_(std::move(facts)) {
  facts_.secret.clear();
}

Result<void> check_enrollable_attestation_key(const PublicArea& ak) {
  // A Name is what the credential binds: a collision of SHA-1 would let it fit two keys.
  if (ak.name_algorithm == HashAlgorithm::kSha1) {
    return Error{ErrorCode::kDenied, "attestation key", 0, "named with sha1"};
  }
  return check_attestation_key(ak);
}

Result<OpenEnrolment> begin_enrolment(const EnrolRequest& request, const EnrolmentRules& rules,
                                      const EnrolmentChannel& channel, ByteView secret,
                                      Moment now) {
  if (secret.size() != kEnrolmentSecretSize) {
    return Error{ErrorCode::kInternal, "enrol.secret"};
  }
  if (const Result<void> form = check_form(request); !form) {
    return form.error();
  }
  Result<PublicArea> ek = decode_public(request.ek_public);
  if (!ek) {
    return ek.error();
  }
  Result<PublicArea> ak = decode_public(request.ak_public);
  if (!ak) {
    return ak.error();
  }
  Result<Bytes> certificate = check_ek(request, *ek, rules, now.wall);
  if (!certificate) {
    return certificate.error();
  }
  if (const Result<void> allowed = check_keys(*ek, *ak); !allowed) {
    return allowed.error();
  }
  Result<Credential> credential = make_credential(*ek, ak->name(), secret);
  if (!credential) {
    return credential.error();
  }
  const Digest transcript =
      enrolment_transcript(channel, {request.name, ek->encoded, ak->encoded}, *credential);
  std::string ek_sha256 = ek->key_sha256_hex();
  return OpenEnrolment{.name = request.name,
                       .ek = std::move(*ek),
                       .ek_sha256 = std::move(ek_sha256),
                       .ek_certificate = std::move(*certificate),
                       .ak = std::move(*ak),
                       .token = token_digest(request.token),
                       .channel = channel,
                       .credential = std::move(*credential),
                       .secret = to_bytes(secret),
                       .transcript = transcript,
                       .deadline = {now.boot.ms + kEnrolmentLifetimeMs}};
}

Result<ProvenIdentity> finish_enrolment(OpenEnrolment&& open, const EnrolmentProof& proof,
                                        BootTime now) {
  OpenEnrolment taken = std::move(open);
  if (now > taken.deadline) {
    return Error{ErrorCode::kExpired, "enrol.deadline"};
  }
  const Digest expected = enrolment_hmac(taken.secret, taken.transcript);
  if (!equal_constant_time(proof.hmac, expected.view())) {
    return Error{ErrorCode::kDenied, "enrol.hmac"};
  }
  if (const Result<void> quote = check_quote(taken, proof); !quote) {
    return quote.error();
  }
  return ProvenIdentity(std::move(taken));
}

}  // namespace quotemill
