// Checks one signature over one digest.
#pragma once

#include <cstdint>

#include "engine/base/bytes.h"
#include "engine/base/digest.h"
#include "engine/crypto/public_key.h"

namespace quotemill {

enum class SignatureScheme : std::uint8_t { kRsassa, kRsapss, kEcdsa };

std::string_view name_of(SignatureScheme scheme);  // "rsassa", "rsapss", "ecdsa"

// A signature as its numbers, borrowed from the message it came in.
struct SignatureView {
  SignatureScheme scheme = SignatureScheme::kRsassa;
  HashAlgorithm hash = HashAlgorithm::kSha256;
  ByteView first;   // RSA: the signature, as long as the modulus; ECDSA: r, big-endian
  ByteView second;  // ECDSA: s, big-endian; RSA: empty
};

// True if `signature` is the key's over `digest`. False for everything else: another key, a scheme
// that is not the key's kind, a digest of another algorithm than the signature names, numbers out
// of range. RSAPSS accepts any salt length (TPMs differ: TPM 2.0 Part 1, B.7). Whether an algorithm
// is strong enough is policy and decided elsewhere. Any thread.
bool signature_holds(const PublicKey& key, const SignatureView& signature, const Digest& digest);

}  // namespace quotemill
