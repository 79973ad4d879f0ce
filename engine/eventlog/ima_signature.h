// ImaSignature: a file's signature as its security.ima attribute holds it, and the list shows it.
//
// Linux, security/integrity/integrity.h, struct signature_v2_hdr.
#pragma once

#include <cstdint>
#include <optional>

#include "engine/base/bytes.h"
#include "engine/base/digest.h"
#include "engine/base/result.h"

namespace quotemill {

// enum evm_ima_xattr_type.
inline constexpr std::uint8_t kImaDigsig = 0x03;
inline constexpr std::uint8_t kEvmPortableDigsig = 0x05;
inline constexpr std::uint8_t kImaVerityDigsig = 0x06;

struct ImaSignature {
  std::uint8_t type = 0;
  std::uint8_t version = 0;
  std::uint8_t hash_number = 0;       // enum hash_algo
  std::optional<HashAlgorithm> hash;  // nullopt if it is none of ours
  std::uint32_t key_id = 0;           // the end of the signer's subject key identifier
  ByteView bytes = {};                // RSASSA, or DER of ECDSA

  // What was signed, of a file with this digest: the digest (version 2), or the hash of type,
  // algorithm and digest (version 3). nullopt if the digest is of another algorithm than the
  // signature says, or cannot be hashed here.
  [[nodiscard]] std::optional<Digest> signed_digest(const Digest& file) const;
};

// Borrows `field`. kUnsupported for other types than IMA's own (a plain digest, EVM's signature
// over metadata) and for other versions than 2 and 3.
Result<ImaSignature> read_ima_signature(ByteView field);

}  // namespace quotemill
