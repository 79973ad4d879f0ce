#include "bench/fleet/seeded_keys.h"

#include <set>

#include <gtest/gtest.h>

#include "engine/crypto/check_signature.h"
#include "engine/crypto/hash.h"

namespace quotemill::bench {
namespace {

Digest digest() {
  return hash(HashAlgorithm::kSha256, as_bytes("quoted"));
}

TEST(SeededKeys, SignForTheirPublicHalves) {
  SeededKeys keys(7);
  const SigningKey rsa = keys.rsa2048(2);
  const SigningKey ecdsa = keys.ecdsa_p256(2);
  EXPECT_EQ(rsa.public_key().name(), "rsa2048");
  EXPECT_EQ(ecdsa.public_key().name(), "ecc_p256");
  EXPECT_TRUE(signature_holds(rsa.public_key(), rsa.sign(SignatureScheme::kRsassa, digest()).view(),
                              digest()));
  EXPECT_TRUE(signature_holds(ecdsa.public_key(),
                              ecdsa.sign(SignatureScheme::kEcdsa, digest()).view(), digest()));
}

TEST(SeededKeys, AreTheSameInEveryRunAndNoTwoAreEqual) {
  SeededKeys keys(7);
  SeededKeys again(7);
  SeededKeys others(8);
  std::set<Bytes> seen;
  for (std::uint32_t number = 0; number < 10; ++number) {
    const Bytes rsa = keys.rsa2048(number).public_key().spki_der();
    EXPECT_TRUE(seen.insert(rsa).second) << number;
    EXPECT_TRUE(seen.insert(keys.ecdsa_p256(number).public_key().spki_der()).second) << number;
    EXPECT_EQ(again.rsa2048(number).public_key().spki_der(), rsa);
  }
  EXPECT_TRUE(seen.insert(others.rsa2048(0).public_key().spki_der()).second);
  EXPECT_TRUE(seen.insert(others.ecdsa_p256(0).public_key().spki_der()).second);
}

}  // namespace
}  // namespace quotemill::bench
