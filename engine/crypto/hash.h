// Hashing and MACs over OpenSSL.
//
// Nothing is fetched, allocated or locked: a one-shot EVP_Digest() of a small message costs five
// times as much. All functions may be called from any thread.
#pragma once

#include <initializer_list>
#include <memory>
#include <span>

#include "engine/base/bytes.h"
#include "engine/base/digest.h"

namespace quotemill {

// False for SM3, which is recognised in logs and never computed.
bool can_hash(HashAlgorithm algorithm);

// The digest of the parts, one after another. REQUIRES: can_hash(algorithm)
Digest hash(HashAlgorithm algorithm, std::span<const ByteView> parts);
Digest hash(HashAlgorithm algorithm, std::initializer_list<ByteView> parts);
Digest hash(HashAlgorithm algorithm, ByteView bytes);

// What a PCR holds after it was extended: pcr = H(pcr ‖ digest), in place (TPM 2.0 Part 1, 17.3).
// REQUIRES: can_hash(pcr.algorithm()); digest.size() == its digest size
void extend(Digest& pcr, ByteView digest);

// HMAC (RFC 2104). REQUIRES: can_hash(algorithm)
Digest hmac(HashAlgorithm algorithm, ByteView key, ByteView message);

// HMAC with SHA-256.
Digest hmac_sha256(ByteView key, ByteView message);

// KDFa of TPM 2.0 Part 1, 11.4.10.2: counter mode over HMAC. `bits` must be a multiple of 8; the
// label is given without the zero byte that ends it.
Bytes kdf_a(HashAlgorithm algorithm, ByteView key, std::string_view label, ByteView context_u,
            ByteView context_v, unsigned bits);

// KDFe of TPM 2.0 Part 1, 11.4.10.3, for secrets shared over ECDH.
Bytes kdf_e(HashAlgorithm algorithm, ByteView z, std::string_view label, ByteView party_u,
            ByteView party_v, unsigned bits);

}  // namespace quotemill
