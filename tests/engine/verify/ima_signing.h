// Signatures of files as evmctl makes them, for tests.
#pragma once

#include "engine/base/byte_writer.h"
#include "engine/crypto/certificate.h"
#include "engine/eventlog/ima_signature.h"
#include "engine/verify/ima_keyring.h"
#include "tests/support/certificate_builder.h"

namespace quotemill::testing {

inline Bytes der_of(const Signature& signature) {
  const auto integer = [](Bytes number) {
    while (number.size() > 1 && number[0] == 0) {
      number.erase(number.begin());
    }
    if (number[0] >= 0x80) {
      number.insert(number.begin(), 0);
    }
    ByteWriter out;
    return out.u8(2).u8(static_cast<std::uint8_t>(number.size())).bytes(number).take();
  };
  const Bytes first = integer(signature.first);
  const Bytes second = integer(signature.second);
  ByteWriter out;
  out.u8(0x30).u8(static_cast<std::uint8_t>(first.size() + second.size()));
  return out.bytes(first).bytes(second).take();
}

// security.ima of a file with this digest.
inline Bytes file_signature(const SigningKey& key, std::uint32_t key_id, const Digest& file,
                            std::uint8_t version = 2) {
  const std::uint8_t type = version == 3 ? kImaVerityDigsig : kImaDigsig;
  const std::uint8_t number = file.algorithm() == HashAlgorithm::kSha256 ? 4 : 2;
  const ImaSignature header{
      .type = type, .version = version, .hash_number = number, .hash = file.algorithm()};
  const bool rsa = key.public_key().kind() == KeyKind::kRsa;
  const Signature made = key.sign(rsa ? SignatureScheme::kRsassa : SignatureScheme::kEcdsa,
                                  *header.signed_digest(file));
  ByteWriter out;
  out.u8(type).u8(version).u8(number).u32_be(key_id);
  return out.sized16_be(rsa ? made.first : der_of(made)).take();
}

}  // namespace quotemill::testing
