// A key that is kept ready says what OpenSSL's own HMAC says.
#include "engine/crypto/hmac_key.h"

#include <array>
#include <random>

#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "engine/crypto/hash.h"

namespace quotemill {
namespace {

std::string openssl_hmac(ByteView key, ByteView message) {
  std::array<std::uint8_t, 32> mac{};
  unsigned size = 0;
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), message.data(), message.size(),
       mac.data(), &size);
  EXPECT_EQ(size, mac.size());
  return to_hex(mac);
}

// RFC 4231, test cases 1 to 3.
TEST(HmacKey, GivesThePublishedValues) {
  EXPECT_EQ(HmacKey(Bytes(20, 0x0B)).mac(as_bytes("Hi There")).hex(),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  EXPECT_EQ(HmacKey(as_bytes("Jefe")).mac(as_bytes("what do ya want for nothing?")).hex(),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(HmacKey(Bytes(20, 0xAA)).mac(Bytes(50, 0xDD)).hex(),
            "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe");
}

// Messages whose padding needs another block and such that do not, under keys of every size that
// is not hashed first.
TEST(HmacKey, SaysWhatOpenSslSaysOfAnyKeyAndMessage) {
  std::mt19937 random(1);
  const auto some = [&random](std::size_t size) {
    Bytes bytes(size);
    for (std::uint8_t& byte : bytes) {
      byte = static_cast<std::uint8_t>(random());
    }
    return bytes;
  };
  for (std::size_t key_size = 1; key_size <= 64; ++key_size) {
    const Bytes key = some(key_size);
    const HmacKey ready(key);
    for (std::size_t size = 0; size < 200; ++size) {
      const Bytes message = some(size);
      ASSERT_EQ(ready.mac(message).hex(), openssl_hmac(key, message)) << key_size << " " << size;
      ASSERT_EQ(ready.mac(message), hmac_sha256(key, message)) << key_size << " " << size;
    }
  }
}

}  // namespace
}  // namespace quotemill
