// The transcript of an enrolment, and what a host proves over it (DESIGN, section 5).
//
// Both sides compute it from what they sent and received, so that a proof fits one conversation
// only: this host key, this server key, this name, these TPM keys and this credential.
//
//   transcript = SHA-256("quotemill/1/transcript" ‖ server key[32] ‖ host key[32]
//                        ‖ be16 length ‖ name
//                        ‖ be16 length ‖ EK's TPMT_PUBLIC ‖ be16 length ‖ AK's TPMT_PUBLIC
//                        ‖ TPM2B_ID_OBJECT ‖ TPM2B_ENCRYPTED_SECRET)
//
// The two TPM2B are as they travelled in CREDENTIAL, with their lengths; a TPMT_PUBLIC behind its
// length is a TPM2B_PUBLIC. Pure; any thread.
#pragma once

#include <string>
#include <string_view>

#include "engine/base/bytes.h"
#include "engine/base/digest.h"
#include "engine/evidence/host_uid.h"
#include "engine/tpm/credential.h"

namespace quotemill {

// The CURVE keys at the two ends of the conversation, raw.
struct EnrolmentChannel {
  CurveKey server_key{};
  CurveKey host_key{};
};

// What the host says who it is.
struct EnrolmentKeys {
  std::string_view name;
  ByteView ek_public;  // TPM2B_PUBLIC or TPMT_PUBLIC: both give the same transcript
  ByteView ak_public;
};

// SHA-256; see above. REQUIRES: name and keys within limits.h
Digest enrolment_transcript(const EnrolmentChannel& channel, const EnrolmentKeys& keys,
                            const Credential& credential);

// HMAC-SHA-256(activated secret, transcript): PROOF's first half. The secret never travels.
Digest enrolment_hmac(ByteView secret, const Digest& transcript);

// SHA-256("quotemill/1/enrol" ‖ transcript): the qualifying data of PROOF's quote by the new AK.
Digest enrolment_qualifying_data(const Digest& transcript);

// The TPMT_PUBLIC of a TPM2B_PUBLIC, or `bytes` themselves. The two cannot be confused: a
// TPMT_PUBLIC begins with TPM_ALG_RSA (1) or TPM_ALG_ECC (0x23), and none is that short.
ByteView without_tpm2b_length(ByteView bytes);

}  // namespace quotemill
