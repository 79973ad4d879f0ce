#include "engine/evidence/challenge.h"

#include <numeric>
#include <set>

#include <gtest/gtest.h>

#include "engine/crypto/hash.h"

namespace quotemill {
namespace {

EpochKey counting_key() {
  EpochKey key{};
  std::iota(key.begin(), key.end(), std::uint8_t{0});
  return key;
}

HostUid counting_uid() {
  HostUid uid;
  std::iota(uid.bytes.begin(), uid.bytes.end(), std::uint8_t{0x10});
  return uid;
}

ChannelBinding some_binding() {
  ChannelBinding binding{counting_uid(), 3, {}, {}};
  binding.host_key.fill(0xBB);
  binding.server_key.fill(0xCC);
  return binding;
}

Nonce some_nonce() {
  Nonce nonce{};
  nonce.fill(0xAA);
  return nonce;
}

// openssl dgst -sha256 -mac HMAC -macopt hexkey:000102…1f, over
// "quotemill/nonce/1" 101112…1f 00000001 0000000000000002
TEST(PreissuedNonce, IsTheFixedVector) {
  EXPECT_EQ(to_hex(preissued_nonce(counting_key(), counting_uid(), 1, 2)),
            "150f0fca0c34dafbe158686ea09e1dad48227a4315f9d034ba02a3ccce4e9223");
}

TEST(PreissuedNonce, DependsOnKeyHostGenerationAndSequence) {
  EpochKey other_key = counting_key();
  other_key[31] ^= 1;
  HostUid other_host = counting_uid();
  other_host.bytes[15] ^= 1;
  const std::set<Nonce> nonces = {
      preissued_nonce(counting_key(), counting_uid(), 1, 2),
      preissued_nonce(other_key, counting_uid(), 1, 2),
      preissued_nonce(counting_key(), other_host, 1, 2),
      preissued_nonce(counting_key(), counting_uid(), 2, 2),
      preissued_nonce(counting_key(), counting_uid(), 1, 3),
      preissued_nonce(counting_key(), counting_uid(), 2, 1),
  };
  EXPECT_EQ(nonces.size(), 6U);
}

// openssl dgst -sha256, over
// "quotemill/1/attest" aa×32 101112…1f 00000003 bb×32 cc×32 SHA-256("header")
TEST(AttestQualifyingData, IsTheFixedVector) {
  EXPECT_EQ(attest_qualifying_data(some_nonce(), some_binding(), as_bytes("header")).hex(),
            "4e0bfe0350bd98b5be084db602041f2d492453b323bfccbf351858f8f8a40e76");
}

TEST(AttestQualifyingData, DependsOnEveryPart) {
  Nonce other_nonce = some_nonce();
  other_nonce[0] ^= 1;
  std::set<Digest> digests = {
      attest_qualifying_data(some_nonce(), some_binding(), as_bytes("header")),
      attest_qualifying_data(other_nonce, some_binding(), as_bytes("header")),
      attest_qualifying_data(some_nonce(), some_binding(), as_bytes("headers")),
      attest_qualifying_data(some_nonce(), some_binding(), {}),
  };
  ChannelBinding binding = some_binding();
  binding.host.bytes[0] ^= 1;
  digests.insert(attest_qualifying_data(some_nonce(), binding, as_bytes("header")));
  binding = some_binding();
  binding.generation = 4;
  digests.insert(attest_qualifying_data(some_nonce(), binding, as_bytes("header")));
  binding = some_binding();
  std::swap(binding.host_key, binding.server_key);
  digests.insert(attest_qualifying_data(some_nonce(), binding, as_bytes("header")));
  EXPECT_EQ(digests.size(), 7U);
}

TEST(HostUid, ReadsItsHexadecimalForm) {
  const HostUid uid = counting_uid();
  EXPECT_EQ(uid.hex(), "101112131415161718191a1b1c1d1e1f");
  EXPECT_EQ(HostUid::from_hex(uid.hex()), uid);
  EXPECT_EQ(HostUid::from(uid.view()), uid);
  EXPECT_FALSE(HostUid::from_hex("10"));
  EXPECT_FALSE(HostUid::from_hex(uid.hex() + "00"));
  EXPECT_FALSE(HostUid::from_hex("zz1112131415161718191a1b1c1d1e1f"));
  EXPECT_FALSE(HostUid::from({}));
}

}  // namespace
}  // namespace quotemill
