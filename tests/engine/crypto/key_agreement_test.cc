#include "engine/crypto/key_agreement.h"

#include <gtest/gtest.h>

namespace quotemill {
namespace {

Bytes bytes_of(const char* hex) {
  return from_hex(hex).value_or(Bytes());
}

// RFC 7748, 5.2, the first vector.
const char* const kScalar = "a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4";
const char* const kPoint = "e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c";
const char* const kShared = "c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552";

TEST(KeyAgreement, SharesWhatTheRfcSays) {
  const Result<Bytes> shared = agree_x25519(bytes_of(kScalar), bytes_of(kPoint));
  ASSERT_TRUE(shared) << shared.error().to_string();
  EXPECT_EQ(*shared, bytes_of(kShared));
}

TEST(KeyAgreement, RefusesKeysOfAnotherSize) {
  const Bytes key = bytes_of(kScalar);
  for (const std::size_t size : {0U, 31U}) {
    EXPECT_FALSE(agree_x25519(ByteView(key).first(size), key)) << size;
    EXPECT_FALSE(agree_x25519(key, ByteView(key).first(size))) << size;
  }
}

TEST(KeyAgreement, RefusesAPointThatMakesTheSecretPublic) {
  const Bytes zero(32);
  const Result<Bytes> shared = agree_x25519(bytes_of(kScalar), zero);
  ASSERT_FALSE(shared);
  EXPECT_EQ(shared.error().code, ErrorCode::kCrypto);
}

}  // namespace
}  // namespace quotemill
