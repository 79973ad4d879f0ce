// The functions below EVP, which OpenSSL 3 marks as deprecated and goes on to ship: an EVP digest
// of 64 bytes costs 100 ns, of which 45 are its own (measured), and a quote with its log is hashed
// a hundred times. A digest here is no matter of which provider an operator configured: the TPM's
// structures say which function it is.
#define OPENSSL_SUPPRESS_DEPRECATED

#include "engine/crypto/hash.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <cstdlib>
#include <cstring>

#include <openssl/sha.h>

#include "engine/base/byte_writer.h"

namespace quotemill {
namespace {

constexpr std::size_t kBlockSizeMax = 128;

// Input block of the hash function in bytes, as HMAC needs it (RFC 2104).
std::size_t block_size(HashAlgorithm algorithm) {
  return digest_size(algorithm) <= 32 ? 64 : kBlockSizeMax;
}

// These functions work on their arguments alone, and report no failure that memory could cause.
template <class State, auto kInit, auto kUpdate, auto kFinal>
void digest(std::span<const ByteView> parts, std::uint8_t* out) {
  State state;
  kInit(&state);
  for (const ByteView part : parts) {
    kUpdate(&state, part.data(), part.size());
  }
  kFinal(out, &state);
}

// The message of an extend is always as long, so its padding (FIPS 180-4, 5.1.1) is known: both
// blocks go through in one call, and nothing is buffered. A fifth of what it costs otherwise.
void extend_sha256(std::span<std::uint8_t> pcr, ByteView digest) {
  constexpr std::size_t kSize = SHA256_DIGEST_LENGTH;
  std::array<std::uint8_t, 2 * SHA256_CBLOCK> blocks{};
  const std::span<std::uint8_t> message = std::span(blocks).first(2 * kSize);
  std::copy(pcr.begin(), pcr.end(), message.first(kSize).begin());
  std::copy(digest.begin(), digest.end(), message.last(kSize).begin());
  blocks[message.size()] = 0x80;
  blocks[blocks.size() - 2] = 8 * 2 * kSize / 0x100;  // the message's length in bits, big-endian
  SHA256_CTX state;
  SHA256_Init(&state);
  SHA256_Update(&state, blocks.data(), blocks.size());
  for (std::size_t word = 0; word < kSize / 4; ++word) {
    const SHA_LONG value = state.h[word];
    const std::array<std::uint8_t, 4> bytes = {
        static_cast<std::uint8_t>(value >> 24U), static_cast<std::uint8_t>(value >> 16U),
        static_cast<std::uint8_t>(value >> 8U), static_cast<std::uint8_t>(value)};
    std::memcpy(pcr.subspan(4 * word, 4).data(), bytes.data(), bytes.size());  // in one store
  }
}

}  // namespace

bool can_hash(HashAlgorithm algorithm) {
  return algorithm != HashAlgorithm::kSm3_256;
}

Digest hash(HashAlgorithm algorithm, std::span<const ByteView> parts) {
  assert(can_hash(algorithm));
  Digest result(algorithm);
  std::uint8_t* const out = result.writable().data();
  switch (algorithm) {
    case HashAlgorithm::kSha1:
      digest<SHA_CTX, SHA1_Init, SHA1_Update, SHA1_Final>(parts, out);
      break;
    case HashAlgorithm::kSha256:
      digest<SHA256_CTX, SHA256_Init, SHA256_Update, SHA256_Final>(parts, out);
      break;
    case HashAlgorithm::kSha384:
      digest<SHA512_CTX, SHA384_Init, SHA384_Update, SHA384_Final>(parts, out);
      break;
    case HashAlgorithm::kSha512:
      digest<SHA512_CTX, SHA512_Init, SHA512_Update, SHA512_Final>(parts, out);
      break;
    case HashAlgorithm::kSm3_256:
      std::abort();  // an all-zero digest must not pass for a value
  }
  return result;
}

Digest hash(HashAlgorithm algorithm, std::initializer_list<ByteView> parts) {
  return hash(algorithm, std::span<const ByteView>(parts.begin(), parts.size()));
}

Digest hash(HashAlgorithm algorithm, ByteView bytes) {
  return hash(algorithm, {bytes});
}

void extend(Digest& pcr, ByteView digest) {
  assert(digest.size() == digest_size(pcr.algorithm()));
  if (pcr.algorithm() == HashAlgorithm::kSha256) {
    extend_sha256(pcr.writable(), digest);
  } else {
    pcr = hash(pcr.algorithm(), {pcr.view(), digest});
  }
}

Digest hmac(HashAlgorithm algorithm, ByteView key, ByteView message) {
  const std::size_t block = block_size(algorithm);
  const Digest shortened = key.size() > block ? hash(algorithm, key) : Digest(algorithm);
  const ByteView used = key.size() > block ? shortened.view() : key;
  std::array<std::uint8_t, kBlockSizeMax> inner{};
  std::array<std::uint8_t, kBlockSizeMax> outer{};
  inner.fill(0x36);
  outer.fill(0x5C);
  for (std::size_t i = 0; i < used.size(); ++i) {
    inner[i] ^= used[i];
    outer[i] ^= used[i];
  }
  const Digest inside = hash(algorithm, {ByteView(inner).first(block), message});
  return hash(algorithm, {ByteView(outer).first(block), inside.view()});
}

Digest hmac_sha256(ByteView key, ByteView message) {
  return hmac(HashAlgorithm::kSha256, key, message);
}

// NOLINTNEXTLINE(readability-function-size): the parameters are the specification's.
Bytes kdf_a(HashAlgorithm algorithm, ByteView key, std::string_view label, ByteView context_u,
            ByteView context_v, unsigned bits) {
  assert(bits % 8 == 0);
  const std::size_t size = bits / 8;
  Bytes out;
  for (std::uint32_t counter = 1; out.size() < size; ++counter) {
    ByteWriter message;
    message.u32_be(counter).bytes(as_bytes(label)).u8(0);
    message.bytes(context_u).bytes(context_v).u32_be(bits);
    const Digest block = hmac(algorithm, key, message.view());
    out.insert(out.end(), block.view().begin(), block.view().end());
  }
  out.resize(size);
  return out;
}

// NOLINTNEXTLINE(readability-function-size): the parameters are the specification's.
Bytes kdf_e(HashAlgorithm algorithm, ByteView z, std::string_view label, ByteView party_u,
            ByteView party_v, unsigned bits) {
  assert(bits % 8 == 0);
  const std::size_t size = bits / 8;
  Bytes out;
  for (std::uint32_t counter = 1; out.size() < size; ++counter) {
    ByteWriter message;
    message.u32_be(counter).bytes(z).bytes(as_bytes(label)).u8(0);
    message.bytes(party_u).bytes(party_v);
    const Digest block = hash(algorithm, message.view());
    out.insert(out.end(), block.view().begin(), block.view().end());
  }
  out.resize(size);
  return out;
}

}  // namespace quotemill
