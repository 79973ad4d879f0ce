#include "engine/crypto/hash.h"

#include <array>
#include <cassert>
#include <cstdlib>

#include "engine/base/byte_writer.h"
#include "engine/crypto/handles.h"
#include "engine/crypto/openssl_values.h"

namespace quotemill {
namespace {

constexpr std::size_t kComputed = 4;     // algorithms that are computed here
constexpr std::size_t kNotComputed = 4;  // index of all others
constexpr std::size_t kBlockSizeMax = 128;

std::size_t index_of(HashAlgorithm algorithm) {
  switch (algorithm) {
    case HashAlgorithm::kSha1:
      return 0;
    case HashAlgorithm::kSha256:
      return 1;
    case HashAlgorithm::kSha384:
      return 2;
    case HashAlgorithm::kSha512:
      return 3;
    case HashAlgorithm::kSm3_256:
      return kNotComputed;
  }
  return kNotComputed;
}

// Input block of the hash function in bytes, as HMAC needs it (RFC 2104).
std::size_t block_size(HashAlgorithm algorithm) {
  return digest_size(algorithm) <= 32 ? 64 : kBlockSizeMax;
}

using Algorithms = std::array<const EVP_MD*, kComputed>;

// Never freed: threads of a pipeline may still hash while the process's statics are destroyed.
const EVP_MD* fetched(std::size_t index) {
  static const Algorithms algorithms = {
      EVP_MD_fetch(nullptr, provider_name(HashAlgorithm::kSha1), nullptr),
      EVP_MD_fetch(nullptr, provider_name(HashAlgorithm::kSha256), nullptr),
      EVP_MD_fetch(nullptr, provider_name(HashAlgorithm::kSha384), nullptr),
      EVP_MD_fetch(nullptr, provider_name(HashAlgorithm::kSha512), nullptr)};
  return algorithms[index];
}

// Scratch space, one context for each thread and algorithm: allocating one costs more than hashing
// the 64 bytes of an extend. It carries nothing from one call to the next.
EVP_MD_CTX* context(std::size_t index) {
  thread_local std::array<EvpMdCtx, kComputed> contexts;
  EvpMdCtx& slot = contexts[index];
  if (!slot) {
    slot.reset(EVP_MD_CTX_new());
  }
  return slot.get();
}

}  // namespace

bool can_hash(HashAlgorithm algorithm) {
  return index_of(algorithm) != kNotComputed;
}

Digest hash(HashAlgorithm algorithm, std::initializer_list<ByteView> parts) {
  assert(can_hash(algorithm));
  const std::size_t index = index_of(algorithm);
  EVP_MD_CTX* const state = context(index);
  bool ok = EVP_DigestInit_ex(state, fetched(index), nullptr) == 1;
  for (const ByteView part : parts) {
    ok = EVP_DigestUpdate(state, part.data(), part.size()) == 1 && ok;
  }
  Digest digest(algorithm);
  ok = EVP_DigestFinal_ex(state, digest.writable().data(), nullptr) == 1 && ok;
  // SHA over memory fails only if OpenSSL has no default provider; an all-zero digest must not then
  // pass for a value.
  if (!ok) {
    std::abort();
  }
  return digest;
}

Digest hash(HashAlgorithm algorithm, ByteView bytes) {
  return hash(algorithm, {bytes});
}

void extend(Digest& pcr, ByteView digest) {
  assert(digest.size() == digest_size(pcr.algorithm()));
  pcr = hash(pcr.algorithm(), {pcr.view(), digest});
}

// Over hash() rather than EVP_MAC, which looks its digest up by name at every initialisation.
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
