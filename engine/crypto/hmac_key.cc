// The functions below EVP, as in hash.cc: EVP has no state that could be begun once and copied
// without an allocation.
#define OPENSSL_SUPPRESS_DEPRECATED

#include "engine/crypto/hmac_key.h"

#include <algorithm>
#include <cassert>
#include <iterator>

#include <openssl/sha.h>

namespace quotemill {
namespace {

constexpr std::uint8_t kInnerPad = 0x36;
constexpr std::uint8_t kOuterPad = 0x5C;

// Behind one block.
SHA256_CTX resumed(const std::array<std::uint32_t, 8>& begun) {
  SHA256_CTX state;
  SHA256_Init(&state);
  std::copy(begun.begin(), begun.end(), std::begin(state.h));
  state.Nl = 8 * SHA256_CBLOCK;
  return state;
}

}  // namespace

HmacKey::HmacKey(ByteView key)
    : inner_(begun_with(key, kInnerPad)), outer_(begun_with(key, kOuterPad)) {}

HmacKey::Begun HmacKey::begun_with(ByteView key, std::uint8_t pad) {
  assert(key.size() <= SHA256_CBLOCK);
  std::array<std::uint8_t, SHA256_CBLOCK> block{};
  block.fill(pad);
  for (std::size_t i = 0; i < key.size(); ++i) {
    block[i] ^= key[i];
  }
  SHA256_CTX state;
  SHA256_Init(&state);
  SHA256_Update(&state, block.data(), block.size());
  Begun begun{};
  std::copy(std::begin(state.h), std::end(state.h), begun.begin());
  return begun;
}

Digest HmacKey::mac(ByteView message) const {
  Digest result(HashAlgorithm::kSha256);
  SHA256_CTX inner = resumed(inner_);
  SHA256_Update(&inner, message.data(), message.size());
  SHA256_Final(result.writable().data(), &inner);
  SHA256_CTX outer = resumed(outer_);
  SHA256_Update(&outer, result.view().data(), result.view().size());
  SHA256_Final(result.writable().data(), &outer);
  return result;
}

}  // namespace quotemill
