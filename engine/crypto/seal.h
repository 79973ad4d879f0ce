// Encryption to somebody else's public key, as a credential for a TPM needs it (engine/tpm/
// credential.h). The only encryption that Quotemill does; nothing here decrypts.
//
// Randomness comes from OpenSSL's generator. Any thread.
#pragma once

#include <string_view>

#include "engine/base/bytes.h"
#include "engine/base/digest.h"
#include "engine/base/result.h"
#include "engine/crypto/public_key.h"

namespace quotemill {

// RSAES-OAEP (RFC 8017, 7.1) with `algorithm` for the label and the mask; the label is used exactly
// as given. REQUIRES: key.kind() is kRsa; can_hash(algorithm)
Result<Bytes> encrypt_oaep(const PublicKey& key, HashAlgorithm algorithm, std::string_view label,
                           ByteView message);

// What one party of an ECDH agreement holds afterwards.
struct Agreement {
  Bytes z;  // x of the shared point, as long as the curve's field: secret
  Bytes x;  // the fresh public point, each coordinate as long as the field
  Bytes y;
};

// One-pass ECDH with a fresh key pair that is forgotten at once (TPM 2.0 Part 1, C.6.1).
// REQUIRES: peer is an EC key
Result<Agreement> agree_once(const PublicKey& peer);

// AES in CFB mode with a zero initialisation vector, so each key must be used once only.
// `key` is 16, 24 or 32 bytes long.
Result<Bytes> encrypt_aes_cfb(ByteView key, ByteView message);

}  // namespace quotemill
