#include "engine/crypto/public_key.h"

#include <gtest/gtest.h>
#include <openssl/evp.h>

#include "engine/crypto/handles.h"
#include "tests/support/signing_key.h"
#include "tests/support/temp_folder.h"

namespace quotemill {
namespace {

using testing::SigningKey;

const SigningKey& rsa_key() {
  static const SigningKey key = SigningKey::generate(KeyKind::kRsa);
  return key;
}

const SigningKey& p256_key() {
  static const SigningKey key = SigningKey::generate(KeyKind::kEcP256);
  return key;
}

Bytes spki_of(EVP_PKEY* key) {
  unsigned char* raw = nullptr;
  const int size = i2d_PUBKEY(key, &raw);
  Bytes der(raw, raw + size);
  OPENSSL_free(raw);
  return der;
}

TEST(PublicKey, KnowsItsKindAndName) {
  EXPECT_EQ(rsa_key().public_key().name(), "rsa2048");
  EXPECT_EQ(p256_key().public_key().name(), "ecc_p256");
  EXPECT_EQ(SigningKey::generate(KeyKind::kEcP384).public_key().name(), "ecc_p384");
  EXPECT_EQ(SigningKey::generate(KeyKind::kEcP521).public_key().name(), "ecc_p521");
}

TEST(PublicKey, NumbersMakeTheSameKey) {
  const PublicKey rsa = rsa_key().public_key();
  EXPECT_TRUE(PublicKey::rsa(rsa.modulus(), rsa.exponent())->same_as(rsa));
  for (const KeyKind kind : {KeyKind::kEcP256, KeyKind::kEcP384, KeyKind::kEcP521}) {
    const PublicKey ec = SigningKey::generate(kind).public_key();
    EXPECT_TRUE(PublicKey::ec(kind, ec.x(), ec.y())->same_as(ec));
  }
}

TEST(PublicKey, SpkiRoundTrips) {
  for (const PublicKey& key : {rsa_key().public_key(), p256_key().public_key()}) {
    const Bytes der = key.spki_der();
    const Result<PublicKey> again = PublicKey::from_spki_der(der);
    ASSERT_TRUE(again);
    EXPECT_TRUE(again->same_as(key));
    EXPECT_EQ(again->spki_der(), der);
  }
}

TEST(PublicKey, OtherKeysAreNotTheSame) {
  EXPECT_FALSE(rsa_key().public_key().same_as(p256_key().public_key()));
  EXPECT_FALSE(
      p256_key().public_key().same_as(SigningKey::generate(KeyKind::kEcP256).public_key()));
}

TEST(PublicKey, NumbersOfTheOtherKindAreEmpty) {
  EXPECT_TRUE(p256_key().public_key().modulus().empty());
  EXPECT_EQ(p256_key().public_key().exponent(), 0U);
  EXPECT_TRUE(rsa_key().public_key().x().empty());
}

TEST(PublicKey, RefusesImpossibleModuli) {
  Bytes modulus = rsa_key().public_key().modulus();
  modulus.back() &= 0xFEU;
  EXPECT_EQ(PublicKey::rsa(modulus, 65537).error().code, ErrorCode::kMalformed);
  EXPECT_EQ(PublicKey::rsa(Bytes(127, 0xFF), 65537).error().code, ErrorCode::kMalformed);
  EXPECT_EQ(PublicKey::rsa(Bytes(513, 0xFF), 65537).error().code, ErrorCode::kMalformed);
  EXPECT_EQ(PublicKey::rsa(Bytes(256, 0x00), 65537).error().code, ErrorCode::kMalformed);
  EXPECT_EQ(PublicKey::rsa({}, 65537).error().code, ErrorCode::kMalformed);
}

TEST(PublicKey, RefusesEvenAndTrivialExponents) {
  const Bytes modulus = rsa_key().public_key().modulus();
  for (const std::uint32_t exponent : {0U, 1U, 2U, 65536U}) {
    EXPECT_EQ(PublicKey::rsa(modulus, exponent).error().code, ErrorCode::kMalformed) << exponent;
  }
  EXPECT_TRUE(PublicKey::rsa(modulus, 3));
}

TEST(PublicKey, RefusesAPointThatIsNotOnTheCurve) {
  const PublicKey key = p256_key().public_key();
  Bytes y = key.y();
  y.back() ^= 1U;
  EXPECT_EQ(PublicKey::ec(KeyKind::kEcP256, key.x(), y).error().code, ErrorCode::kMalformed);
  // The point itself, named on another curve, and the origin.
  EXPECT_FALSE(PublicKey::ec(KeyKind::kEcP384, key.x(), key.y()));
  EXPECT_FALSE(PublicKey::ec(KeyKind::kEcP256, Bytes(32, 0), Bytes(32, 0)));
  // A coordinate that is not reduced.
  EXPECT_FALSE(PublicKey::ec(KeyKind::kEcP256, Bytes(32, 0xFF), key.y()));
}

TEST(PublicKey, RefusesCoordinatesOfTheWrongLength) {
  const PublicKey key = p256_key().public_key();
  Bytes padded(1, 0);
  const Bytes x = key.x();
  padded.insert(padded.end(), x.begin(), x.end());
  EXPECT_FALSE(PublicKey::ec(KeyKind::kEcP256, padded, key.y()));
  EXPECT_FALSE(PublicKey::ec(KeyKind::kEcP256, {}, key.y()));
  EXPECT_FALSE(PublicKey::ec(KeyKind::kRsa, x, key.y()));
}

// TPMs that leave out leading zeros: the number counts.
TEST(PublicKey, AcceptsCoordinatesWithoutLeadingZeros) {
  for (int attempt = 0; attempt < 5000; ++attempt) {
    const PublicKey key = SigningKey::generate(KeyKind::kEcP256).public_key();
    const Bytes x = key.x();
    if (x[0] == 0) {
      EXPECT_TRUE(PublicKey::ec(KeyKind::kEcP256, ByteView(x).subspan(1), key.y())->same_as(key));
      return;
    }
  }
}

TEST(PublicKey, RefusesTrailingBytesBehindSpki) {
  Bytes der = p256_key().public_key().spki_der();
  der.push_back(0);
  EXPECT_EQ(PublicKey::from_spki_der(der).error().code, ErrorCode::kTrailing);
}

TEST(PublicKey, RefusesEveryTruncation) {
  for (const PublicKey& key : {rsa_key().public_key(), p256_key().public_key()}) {
    const Bytes der = key.spki_der();
    for (std::size_t size = 0; size < der.size(); ++size) {
      EXPECT_FALSE(PublicKey::from_spki_der(ByteView(der).first(size))) << size;
    }
  }
}

// go-attestation: keys on weak curves, and keys that are of no use to us.
TEST(PublicKey, RefusesWeakCurvesAndOtherTypes) {
  for (const char* const curve : {"prime192v1", "P-224", "secp256k1", "brainpoolP256r1"}) {
    const EvpPkey key(EVP_EC_gen(curve));
    ASSERT_TRUE(key) << curve;
    EXPECT_EQ(PublicKey::from_spki_der(spki_of(key.get())).error().code, ErrorCode::kUnsupported)
        << curve;
  }
  const EvpPkey ed25519(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
  EXPECT_EQ(PublicKey::from_spki_der(spki_of(ed25519.get())).error().code, ErrorCode::kUnsupported);
}

// CVE-2020-0601 is next to this row: a curve that the sender describes.
TEST(PublicKey, RefusesExplicitCurveParameters) {
  const EvpPkey key(EVP_EC_gen("P-256"));
  ASSERT_EQ(EVP_PKEY_set_utf8_string_param(key.get(), OSSL_PKEY_PARAM_EC_ENCODING, "explicit"), 1);
  EXPECT_EQ(PublicKey::from_spki_der(spki_of(key.get())).error().code, ErrorCode::kUnsupported);
}

TEST(PublicKey, RefusesACompressedPoint) {
  const EvpPkey key(EVP_EC_gen("P-256"));
  ASSERT_EQ(EVP_PKEY_set_utf8_string_param(key.get(), OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT,
                                           "compressed"),
            1);
  EXPECT_EQ(PublicKey::from_spki_der(spki_of(key.get())).error().code, ErrorCode::kMalformed);
}

TEST(PublicKey, ReadsPem) {
  const Result<PublicKey> key = PublicKey::from_pem(
      "-----BEGIN PUBLIC KEY-----\n"
      "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEaxfR8uEsQkf4vOblY6RA8ncDfYEt\n"
      "6zOg9KE5RdiYwpZP40Li/hp/m47n60p8D54WK84zV2sxXs7LtkBoN79R9Q==\n"
      "-----END PUBLIC KEY-----\n");
  ASSERT_TRUE(key) << key.error().to_string();
  // The generator of P-256 (SEC 2, 2.4.2).
  EXPECT_EQ(to_hex(key->x()), "6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296");
  EXPECT_FALSE(PublicKey::from_pem(""));
  EXPECT_FALSE(PublicKey::from_pem("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"));
}

}  // namespace
}  // namespace quotemill
