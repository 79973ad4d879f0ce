#include "engine/eventlog/extend_memo.h"

#include <algorithm>
#include <cassert>
#include <cstring>

#include "engine/crypto/hash.h"

namespace quotemill {
namespace {

// Digests are as good as random: any of their bytes tell them apart. A PCR's first extend begins
// with zeros, and a separator's digest follows any value: so both count.
std::size_t place_of(ByteView before, ByteView digest, std::size_t places) {
  std::uint64_t one = 0;
  std::uint64_t other = 0;
  std::memcpy(&one, before.data(), sizeof one);
  std::memcpy(&other, digest.data(), sizeof other);
  return (one ^ other) & (places - 1);
}

// All bytes, without the call that std::memcmp() is where vectors are as long as these.
template <std::size_t kSize>
bool are_same(const std::uint8_t* left, const std::uint8_t* right) {
  std::array<std::uint64_t, kSize / sizeof(std::uint64_t)> here;
  std::array<std::uint64_t, kSize / sizeof(std::uint64_t)> there;
  std::memcpy(here.data(), left, kSize);
  std::memcpy(there.data(), right, kSize);
  std::uint64_t difference = 0;
  for (std::size_t i = 0; i < here.size(); ++i) {
    difference |= here[i] ^ there[i];
  }
  return difference == 0;
}

}  // namespace

ExtendMemo::ExtendMemo(std::size_t entries) {
  assert(entries != 0 && (entries & (entries - 1)) == 0);
  Fact first;
  Digest zeros(HashAlgorithm::kSha256);
  quotemill::extend(zeros, first.digest);
  std::copy(zeros.view().begin(), zeros.view().end(), first.after.begin());
  facts_.assign(entries, first);
}

void ExtendMemo::extend(Digest& pcr, ByteView digest) {
  if (pcr.algorithm() != HashAlgorithm::kSha256) {
    quotemill::extend(pcr, digest);
    return;
  }
  assert(digest.size() == kSize);
  Fact& fact = facts_[place_of(pcr.view(), digest, facts_.size())];
  std::uint8_t* const value = pcr.writable().data();
  if (!are_same<kSize>(value, fact.before.data()) ||
      !are_same<kSize>(digest.data(), fact.digest.data())) {
    std::memcpy(fact.before.data(), value, kSize);
    std::memcpy(fact.digest.data(), digest.data(), kSize);
    quotemill::extend(pcr, digest);
    std::memcpy(fact.after.data(), value, kSize);
    ++misses_;
    return;
  }
  ++hits_;
  std::memcpy(value, fact.after.data(), kSize);
}

}  // namespace quotemill
