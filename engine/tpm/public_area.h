// PublicArea: TPMT_PUBLIC of an RSA or ECC key (TPM 2.0 Part 2, 12.2.4), its Name, and what it may
// do. This is how EKs and AKs travel and are kept.
#pragma once

#include <cstdint>
#include <string>

#include "engine/base/bytes.h"
#include "engine/base/digest.h"
#include "engine/base/result.h"
#include "engine/crypto/check_signature.h"
#include "engine/crypto/public_key.h"

namespace quotemill {

struct PublicArea {
  Bytes encoded;  // the TPMT_PUBLIC itself, without a TPM2B length
  HashAlgorithm name_algorithm = HashAlgorithm::kSha256;
  std::uint32_t attributes = 0;  // TPMA_OBJECT
  Bytes auth_policy;
  // The symmetric algorithm of a storage key (EK): AES in CFB, key size in bits; 0 if none.
  std::uint16_t symmetric_bits = 0;
  // The scheme of a signing key; `scheme_set` is false for TPM_ALG_NULL.
  bool scheme_set = false;
  SignatureScheme scheme = SignatureScheme::kRsassa;
  HashAlgorithm scheme_hash = HashAlgorithm::kSha256;
  PublicKey key;
  // ECC: x as the TPM wrote it. Some leave out leading zeros, and hash it so when they open a
  // credential; empty for RSA.
  Bytes ecc_x = {};

  [[nodiscard]] bool has(std::uint32_t attribute_bits) const {
    return (attributes & attribute_bits) == attribute_bits;
  }

  // The object's Name: nameAlg ‖ H(nameAlg, TPMT_PUBLIC) (Part 1, 16).
  [[nodiscard]] Bytes name() const;

  // The object's Qualified Name, which a TPM puts into what the object signs and which tells where
  // it lives: nameAlg ‖ H(nameAlg, parent ‖ Name) (Part 1, "Qualified Name"). `parent` is the
  // Qualified Name of its parent, or the four bytes of the hierarchy's handle for a primary object.
  [[nodiscard]] Bytes qualified_name(ByteView parent) const;

  // SHA-256 of the SubjectPublicKeyInfo: how EKs are listed and shown.
  [[nodiscard]] std::string key_sha256_hex() const;
};

// TPMT_PUBLIC, nothing behind it. Key types other than RSA and ECC, unknown curves and schemes are
// kUnsupported; a point off the curve or an impossible modulus kMalformed.
Result<PublicArea> decode_tpmt_public(ByteView bytes);

// TPM2B_PUBLIC: the same behind a 16-bit length.
Result<PublicArea> decode_tpm2b_public(ByteView bytes);

// The type and size of the key in a TPMT_PUBLIC, as PublicKey::name() says them ("rsa2048",
// "ecc_p256"), without making the key; empty if they cannot be read.
std::string key_type_of(ByteView tpmt_public);

// The writer, for tests and the simulator: TPMT_PUBLIC of the fields and the key, whatever
// `encoded` holds. An exponent of 65537 is written as 0, as TPMs do.
Bytes encode_tpmt_public(const PublicArea& area);

// What an Attestation Key must be: restricted, sign, not decrypt, fixedTPM, fixedParent,
// sensitiveDataOrigin; RSASSA, RSAPSS or ECDSA; SHA-256/384/512; RSA from 2048 bits or P-256/P-384.
// kDenied with a detail that names each thing missing.
Result<void> check_attestation_key(const PublicArea& area);

// The Qualified Name of a primary object of the endorsement hierarchy.
Bytes endorsement_qualified_name(const PublicArea& area);

// What an Endorsement Key must be: restricted, decrypt, not sign, fixedTPM, fixedParent,
// sensitiveDataOrigin; AES-CFB; RSA from 2048 bits or P-256/P-384.
Result<void> check_endorsement_key(const PublicArea& area);

}  // namespace quotemill
