#include "engine/tpm/credential.h"

#include <gtest/gtest.h>
#include <openssl/rsa.h>

#include "engine/base/byte_reader.h"
#include "engine/base/byte_writer.h"
#include "engine/crypto/handles.h"
#include "engine/crypto/hash.h"
#include "engine/crypto/seal.h"
#include "tests/support/signing_key.h"

// Whether a TPM opens what we make is shown in tests/integration; here are the layout, the bounds,
// and the rare case of a coordinate with a leading zero.

namespace quotemill {
namespace {

using testing::encoded_again;
using testing::good_endorsement_key;
using testing::SigningKey;

const Bytes kName = *from_hex("000b" + std::string(64, 'c'));
const Bytes kSecret(32, 0x77);

// TPM2B_ID_OBJECT, taken apart.
struct Opened {
  ByteView mac;
  ByteView identity;
};

Opened open_layout(const Credential& credential) {
  ByteReader in(credential.id_object);
  const ByteView object = in.sized16_be(2048);
  EXPECT_TRUE(in.finish(0, "TPM2B_ID_OBJECT"));
  ByteReader inner(object);
  Opened opened;
  opened.mac = inner.sized16_be(64);
  opened.identity = inner.rest();
  EXPECT_TRUE(inner.ok());
  return opened;
}

TEST(Credential, HasTheLayoutOfTheSpecification) {
  for (const KeyKind kind : {KeyKind::kRsa, KeyKind::kEcP256, KeyKind::kEcP384}) {
    const PublicArea ek = good_endorsement_key(SigningKey::generate(kind).public_key());
    const Result<Credential> credential = make_credential(ek, kName, kSecret);
    ASSERT_TRUE(credential) << credential.error().to_string();
    const Opened opened = open_layout(*credential);
    EXPECT_EQ(opened.mac.size(), 32U);
    EXPECT_EQ(opened.identity.size(), 2 + kSecret.size());
    ByteReader in(credential->encrypted_secret);
    const ByteView secret = in.sized16_be(2048);
    EXPECT_TRUE(in.finish(0, "TPM2B_ENCRYPTED_SECRET"));
    const std::size_t field = (ek.key.bits() + 7) / 8;
    EXPECT_EQ(secret.size(), kind == KeyKind::kRsa ? field : 2 * (2 + field));
  }
}

TEST(Credential, IsNeverTheSameTwice) {
  for (const KeyKind kind : {KeyKind::kRsa, KeyKind::kEcP256}) {
    const PublicArea ek = good_endorsement_key(SigningKey::generate(kind).public_key());
    const Result<Credential> first = make_credential(ek, kName, kSecret);
    const Result<Credential> second = make_credential(ek, kName, kSecret);
    EXPECT_NE(first->id_object, second->id_object);
    EXPECT_NE(first->encrypted_secret, second->encrypted_secret);
  }
}

TEST(Credential, RefusesASecretLongerThanTheName) {
  const PublicArea ek = good_endorsement_key(SigningKey::generate(KeyKind::kEcP256).public_key());
  EXPECT_TRUE(make_credential(ek, kName, Bytes(32, 1)));
  EXPECT_EQ(make_credential(ek, kName, Bytes(33, 1)).error().code, ErrorCode::kTooLarge);
}

TEST(Credential, RefusesAKeyThatIsNoStorageKey) {
  const PublicArea ak =
      testing::good_attestation_key(SigningKey::generate(KeyKind::kEcP256).public_key());
  EXPECT_EQ(make_credential(ak, kName, kSecret).error().code, ErrorCode::kUnsupported);
}

// The TPM's side of C.6.4, with the x coordinates as they are given.
Bytes seed_of(const SigningKey& ek, const PublicArea& area, ByteView sealed) {
  ByteReader in(sealed);
  const ByteView x = in.sized16_be(66);
  const ByteView y = in.sized16_be(66);
  const Result<PublicKey> fresh = PublicKey::ec(area.key.kind(), x, y);
  const EvpPkeyCtx context(EVP_PKEY_CTX_new_from_pkey(nullptr, ek.handle(), nullptr));
  EVP_PKEY_derive_init(context.get());
  EVP_PKEY_derive_set_peer(context.get(), fresh->handle().get());
  Bytes z((area.key.bits() + 7) / 8);
  std::size_t size = z.size();
  EXPECT_EQ(EVP_PKEY_derive(context.get(), z.data(), &size), 1);
  return kdf_e(area.name_algorithm, z, "IDENTITY", x, area.ecc_x,
               static_cast<unsigned>(digest_size(area.name_algorithm) * 8));
}

void expect_mac_of_seed(const SigningKey& key, const PublicArea& area) {
  const Result<Credential> credential = make_credential(area, kName, kSecret);
  ASSERT_TRUE(credential);
  const Bytes seed = seed_of(key, area, ByteView(credential->encrypted_secret).subspan(2));
  const HashAlgorithm algorithm = area.name_algorithm;
  const Bytes mac_key = kdf_a(algorithm, seed, "INTEGRITY", {}, {},
                              static_cast<unsigned>(digest_size(algorithm) * 8));
  const Opened opened = open_layout(*credential);
  const Bytes covered = ByteWriter().bytes(opened.identity).bytes(kName).take();
  EXPECT_TRUE(equal(opened.mac, hmac(algorithm, mac_key, covered).view()));
}

TEST(Credential, UsesTheNameAlgorithmOfTheEk) {
  const SigningKey key = SigningKey::generate(KeyKind::kEcP384);
  PublicArea area = good_endorsement_key(key.public_key());
  area.name_algorithm = HashAlgorithm::kSha384;
  area.symmetric_bits = 256;
  expect_mac_of_seed(key, encoded_again(area));
}

// A TPM hashes its own x as it keeps it: with or without leading zeros.
TEST(Credential, UsesTheCoordinateAsTheTpmWroteIt) {
  for (int attempt = 0; attempt < 5000; ++attempt) {
    const SigningKey key = SigningKey::generate(KeyKind::kEcP256);
    PublicArea area = good_endorsement_key(key.public_key());
    if (area.ecc_x[0] == 0) {
      expect_mac_of_seed(key, area);
      area.ecc_x.erase(area.ecc_x.begin());
      expect_mac_of_seed(key, area);
      return;
    }
  }
}

}  // namespace
}  // namespace quotemill
