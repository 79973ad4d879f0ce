// MakeCredential (TPM 2.0 Part 1, 24 "Credential Protection"; Part 3, 12.6), in software: a secret
// that only the TPM holding `ek`'s private half can release, and only for the key called `ak_name`.
#pragma once

#include "engine/base/bytes.h"
#include "engine/base/result.h"
#include "engine/tpm/public_area.h"

namespace quotemill {

struct Credential {
  Bytes id_object;  // TPMS_ID_OBJECT's bytes as TPM2B_ID_OBJECT carries them, with the length
  Bytes encrypted_secret;  // TPM2B_ENCRYPTED_SECRET, with the length
};

// `secret` is at most as long as the EK's name digest. Randomness (OAEP seed or ephemeral ECC key)
// comes from OpenSSL's generator. RSA: OAEP with label "IDENTITY"; ECC: one-pass ECDH and KDFe.
Result<Credential> make_credential(const PublicArea& ek, ByteView ak_name, ByteView secret);

}  // namespace quotemill
