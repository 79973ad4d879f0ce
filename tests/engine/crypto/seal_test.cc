#include "engine/crypto/seal.h"

#include <gtest/gtest.h>
#include <openssl/rsa.h>

#include "engine/crypto/handles.h"
#include "tests/support/signing_key.h"

namespace quotemill {
namespace {

using testing::SigningKey;

// SP 800-38A, F.3.13 (CFB128-AES128) has another vector; with a zero vector the first block is the
// key stream E(0): FIPS 197's cipher of zeros under a zero key.
TEST(Seal, CfbBeginsWithTheCipherOfTheZeroBlock) {
  const Result<Bytes> sealed = encrypt_aes_cfb(Bytes(16, 0), Bytes(16, 0));
  ASSERT_TRUE(sealed);
  EXPECT_EQ(to_hex(*sealed), "66e94bd4ef8a2c3b884cfa59ca342b2e");
}

TEST(Seal, CfbKeepsTheLengthAndRefusesOtherKeySizes) {
  EXPECT_EQ(encrypt_aes_cfb(Bytes(32, 1), Bytes(35, 2))->size(), 35U);
  EXPECT_EQ(encrypt_aes_cfb(Bytes(24, 1), {})->size(), 0U);
  EXPECT_EQ(encrypt_aes_cfb(Bytes(15, 1), Bytes(16, 2)).error().code, ErrorCode::kUnsupported);
}

TEST(Seal, TheOtherPartyAgreesOnTheSameSecret) {
  for (const KeyKind curve : {KeyKind::kEcP256, KeyKind::kEcP384, KeyKind::kEcP521}) {
    const SigningKey peer = SigningKey::generate(curve);
    const Result<Agreement> ours = agree_once(peer.public_key());
    ASSERT_TRUE(ours);
    const Result<PublicKey> fresh = PublicKey::ec(curve, ours->x, ours->y);
    ASSERT_TRUE(fresh);
    const EvpPkeyCtx context(EVP_PKEY_CTX_new_from_pkey(nullptr, peer.handle(), nullptr));
    ASSERT_EQ(EVP_PKEY_derive_init(context.get()), 1);
    ASSERT_EQ(EVP_PKEY_derive_set_peer(context.get(), fresh->handle().get()), 1);
    Bytes theirs(ours->z.size());
    std::size_t size = theirs.size();
    ASSERT_EQ(EVP_PKEY_derive(context.get(), theirs.data(), &size), 1);
    EXPECT_EQ(theirs, ours->z);
    EXPECT_EQ(size, (peer.public_key().bits() + 7) / 8);
  }
}

TEST(Seal, EachAgreementIsFresh) {
  const SigningKey peer = SigningKey::generate(KeyKind::kEcP256);
  EXPECT_NE(agree_once(peer.public_key())->z, agree_once(peer.public_key())->z);
}

Bytes decrypt_oaep(const SigningKey& key, const EVP_MD* digest, std::string_view label,
                   const Bytes& sealed) {
  const EvpPkeyCtx context(EVP_PKEY_CTX_new_from_pkey(nullptr, key.handle(), nullptr));
  EVP_PKEY_decrypt_init(context.get());
  EVP_PKEY_CTX_set_rsa_padding(context.get(), RSA_PKCS1_OAEP_PADDING);
  EVP_PKEY_CTX_set_rsa_oaep_md(context.get(), digest);
  EVP_PKEY_CTX_set0_rsa_oaep_label(context.get(), OPENSSL_memdup(label.data(), label.size()),
                                   static_cast<int>(label.size()));
  Bytes plain(512);
  std::size_t size = plain.size();
  if (EVP_PKEY_decrypt(context.get(), plain.data(), &size, sealed.data(), sealed.size()) != 1) {
    return {};
  }
  plain.resize(size);
  return plain;
}

TEST(Seal, OaepOpensWithTheSameLabelAndHashOnly) {
  const SigningKey key = SigningKey::generate(KeyKind::kRsa);
  const Bytes secret(32, 0x5A);
  constexpr std::string_view kLabel("IDENTITY\0", 9);
  const Result<Bytes> sealed =
      encrypt_oaep(key.public_key(), HashAlgorithm::kSha256, kLabel, secret);
  ASSERT_TRUE(sealed);
  EXPECT_EQ(decrypt_oaep(key, EVP_sha256(), kLabel, *sealed), secret);
  EXPECT_NE(decrypt_oaep(key, EVP_sha256(), "IDENTITY", *sealed), secret);
  EXPECT_NE(decrypt_oaep(key, EVP_sha1(), kLabel, *sealed), secret);
}

TEST(Seal, OaepRefusesWhatDoesNotFit) {
  const SigningKey key = SigningKey::generate(KeyKind::kRsa, 1024);
  const Result<Bytes> sealed =
      encrypt_oaep(key.public_key(), HashAlgorithm::kSha512, "x", Bytes(64, 1));
  ASSERT_FALSE(sealed);
  EXPECT_EQ(sealed.error().code, ErrorCode::kCrypto);
}

}  // namespace
}  // namespace quotemill
