#include "engine/tpm/public_area.h"

#include <array>

#include <gtest/gtest.h>

#include "engine/base/byte_writer.h"
#include "engine/base/limits.h"
#include "engine/crypto/hash.h"
#include "engine/tpm/constants.h"
#include "tests/support/signing_key.h"

namespace quotemill {
namespace {

using testing::encoded_again;
using testing::good_attestation_key;
using testing::good_endorsement_key;
using testing::SigningKey;

const PublicKey& key_of(KeyKind kind) {
  static const std::array<PublicKey, 4> keys = {
      SigningKey::generate(KeyKind::kRsa).public_key(),
      SigningKey::generate(KeyKind::kEcP256).public_key(),
      SigningKey::generate(KeyKind::kEcP384).public_key(),
      SigningKey::generate(KeyKind::kEcP521).public_key()};
  return keys[static_cast<std::size_t>(kind)];
}

std::vector<PublicArea> good_areas() {
  std::vector<PublicArea> areas;
  for (const KeyKind kind : {KeyKind::kRsa, KeyKind::kEcP256, KeyKind::kEcP384, KeyKind::kEcP521}) {
    areas.push_back(good_attestation_key(key_of(kind)));
    areas.push_back(good_endorsement_key(key_of(kind)));
  }
  return areas;
}

void expect_denied(const Result<void>& result, std::string_view reason) {
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::kDenied);
  EXPECT_NE(result.error().detail.find(reason), std::string::npos) << result.error().detail;
}

TEST(PublicArea, RoundTrips) {
  for (const PublicArea& area : good_areas()) {
    const Result<PublicArea> decoded = decode_tpmt_public(area.encoded);
    ASSERT_TRUE(decoded) << decoded.error().to_string();
    EXPECT_EQ(decoded->encoded, area.encoded);
    EXPECT_EQ(decoded->name_algorithm, area.name_algorithm);
    EXPECT_EQ(decoded->attributes, area.attributes);
    EXPECT_EQ(decoded->auth_policy, area.auth_policy);
    EXPECT_EQ(decoded->symmetric_bits, area.symmetric_bits);
    EXPECT_EQ(decoded->scheme_set, area.scheme_set);
    EXPECT_TRUE(decoded->key.same_as(area.key));
    EXPECT_EQ(decoded->ecc_x, area.ecc_x);
    EXPECT_EQ(encode_tpmt_public(*decoded), area.encoded);
  }
}

TEST(PublicArea, RejectsEveryTruncationAndTrailingBytes) {
  for (const PublicArea& area : good_areas()) {
    for (std::size_t size = 0; size < area.encoded.size(); ++size) {
      ASSERT_FALSE(decode_tpmt_public(ByteView(area.encoded).first(size))) << size;
    }
    Bytes longer = area.encoded;
    longer.push_back(0);
    EXPECT_EQ(decode_tpmt_public(longer).error().code, ErrorCode::kTrailing);
  }
}

TEST(PublicArea, Tpm2bIsTheSameBehindItsLength) {
  const PublicArea area = good_attestation_key(key_of(KeyKind::kRsa));
  const Bytes sized = ByteWriter().sized16_be(area.encoded).take();
  EXPECT_EQ(decode_tpm2b_public(sized)->encoded, area.encoded);
  Bytes trailing = sized;
  trailing.push_back(0);
  EXPECT_EQ(decode_tpm2b_public(trailing).error().code, ErrorCode::kTrailing);
  EXPECT_FALSE(decode_tpm2b_public(ByteView(sized).first(sized.size() - 1)));
  EXPECT_FALSE(decode_tpm2b_public(*from_hex("0000")));
  EXPECT_EQ(decode_tpm2b_public(ByteWriter().sized16_be(Bytes(3000)).take()).error().code,
            ErrorCode::kTooLarge);
  EXPECT_EQ(decode_tpmt_public(Bytes(limits::kPublicSizeMax + 1)).error().code,
            ErrorCode::kTooLarge);
}

TEST(PublicArea, NameIsAlgorithmAndHash) {
  const PublicArea area = good_attestation_key(key_of(KeyKind::kEcP256));
  EXPECT_EQ(to_hex(area.name()), "000b" + hash(HashAlgorithm::kSha256, area.encoded).hex());
}

// Part 2, table 195: a publicExponent of 0 is 2^16 + 1.
TEST(PublicArea, AnExponentOfZeroIsTheDefault) {
  const PublicArea area = good_attestation_key(key_of(KeyKind::kRsa));
  EXPECT_EQ(decode_tpmt_public(area.encoded)->key.exponent(), 65537U);
  Bytes explicit_exponent = area.encoded;
  const std::size_t offset = area.encoded.size() - 256 - 2 - 4;
  explicit_exponent[offset + 1] = 1;
  explicit_exponent[offset + 3] = 1;
  EXPECT_TRUE(decode_tpmt_public(explicit_exponent)->key.same_as(area.key));
}

TEST(PublicArea, KeyBitsMustBeTheModulus) {
  PublicArea area = good_attestation_key(key_of(KeyKind::kRsa));
  const std::size_t offset = area.encoded.size() - 256 - 2 - 4 - 2;
  area.encoded[offset] = 0x0C;  // 3072
  EXPECT_EQ(decode_tpmt_public(area.encoded).error().code, ErrorCode::kMalformed);
}

// go-attestation: AK on P-192; and every other curve that is not ours.
TEST(PublicAreaCve, GoAttestation_RejectsWeakCurves) {
  const PublicArea area = good_attestation_key(key_of(KeyKind::kEcP256));
  const std::size_t offset = area.encoded.size() - 2 * 34 - 2 - 2;
  for (std::uint8_t curve = 0; curve < 0x40; ++curve) {
    Bytes changed = area.encoded;
    changed[offset + 1] = curve;
    const Result<PublicArea> decoded = decode_tpmt_public(changed);
    if (curve == tpm::kCurveP256) {
      EXPECT_TRUE(decoded);
    } else {
      ASSERT_FALSE(decoded);
      const bool ours = curve == tpm::kCurveP384 || curve == tpm::kCurveP521;
      EXPECT_EQ(decoded.error().code, ours ? ErrorCode::kMalformed : ErrorCode::kUnsupported);
    }
  }
}

// HOSTILE_INPUTS, certificates: a P-256 point that is not on the curve.
TEST(PublicArea, RejectsAPointThatIsNotOnTheCurve) {
  PublicArea area = good_attestation_key(key_of(KeyKind::kEcP256));
  area.encoded.back() ^= 1U;
  EXPECT_EQ(decode_tpmt_public(area.encoded).error().code, ErrorCode::kMalformed);
}

TEST(PublicArea, RejectsAnEvenModulus) {
  PublicArea area = good_attestation_key(key_of(KeyKind::kRsa));
  area.encoded.back() &= 0xFEU;
  EXPECT_EQ(decode_tpmt_public(area.encoded).error().code, ErrorCode::kMalformed);
}

TEST(PublicArea, RejectsOtherTypesAndNameAlgorithms) {
  const PublicArea area = good_attestation_key(key_of(KeyKind::kRsa));
  for (const std::uint16_t type : {tpm::kAlgKeyedHash, tpm::kAlgSymCipher, tpm::kAlgNull}) {
    Bytes changed = area.encoded;
    changed[0] = 0;
    changed[1] = static_cast<std::uint8_t>(type);
    EXPECT_EQ(decode_tpmt_public(changed).error().code, ErrorCode::kUnsupported);
  }
  for (const auto name_algorithm : std::array<std::uint8_t, 4>{0x10, 0x12, 0x27, 0x00}) {
    Bytes changed = area.encoded;
    changed[3] = name_algorithm;
    EXPECT_EQ(decode_tpmt_public(changed).error().code, ErrorCode::kUnsupported);
  }
}

TEST(PublicArea, RejectsASchemeOfTheOtherKeyType) {
  PublicArea rsa = good_attestation_key(key_of(KeyKind::kRsa));
  rsa.scheme = SignatureScheme::kEcdsa;
  EXPECT_EQ(decode_tpmt_public(encode_tpmt_public(rsa)).error().code, ErrorCode::kUnsupported);
  PublicArea ecc = good_attestation_key(key_of(KeyKind::kEcP256));
  ecc.scheme = SignatureScheme::kRsapss;
  EXPECT_EQ(decode_tpmt_public(encode_tpmt_public(ecc)).error().code, ErrorCode::kUnsupported);
}

// --- What keys must be ---------------------------------------------------------------------------

TEST(AttestationKey, GoodOnesAreAccepted) {
  for (const KeyKind kind : {KeyKind::kRsa, KeyKind::kEcP256, KeyKind::kEcP384}) {
    EXPECT_TRUE(check_attestation_key(good_attestation_key(key_of(kind))));
  }
  PublicArea pss = good_attestation_key(key_of(KeyKind::kRsa));
  pss.scheme = SignatureScheme::kRsapss;
  pss.scheme_hash = HashAlgorithm::kSha512;
  EXPECT_TRUE(check_attestation_key(encoded_again(pss)));
}

// HOSTILE_INPUTS, "AK that could sign anything".
TEST(AttestationKey, EachMissingAttributeIsRefusedByName) {
  const std::pair<std::uint32_t, std::string_view> rows[] = {
      {tpm::kRestricted, "not restricted"},
      {tpm::kFixedTpm, "not fixedTPM"},
      {tpm::kFixedParent, "not fixedParent"},
      {tpm::kSensitiveDataOrigin, "not sensitiveDataOrigin"},
      {tpm::kSignEncrypt, "cannot sign"},
  };
  for (const auto& [attribute, reason] : rows) {
    PublicArea area = good_attestation_key(key_of(KeyKind::kEcP256));
    area.attributes &= ~attribute;
    expect_denied(check_attestation_key(*decode_tpmt_public(encode_tpmt_public(area))), reason);
  }
}

TEST(AttestationKey, AllThingsMissingAreNamedTogether) {
  PublicArea area = good_attestation_key(key_of(KeyKind::kEcP256));
  area.attributes = tpm::kDecrypt;
  area.scheme_set = false;
  const Result<void> result = check_attestation_key(area);
  for (const char* const reason :
       {"not restricted", "not fixedTPM", "not fixedParent", "not sensitiveDataOrigin",
        "cannot sign", "may decrypt", "no signing scheme"}) {
    expect_denied(result, reason);
  }
}

TEST(AttestationKey, WeakKeysAndHashesAreRefused) {
  PublicArea sha1 = good_attestation_key(key_of(KeyKind::kRsa));
  sha1.scheme_hash = HashAlgorithm::kSha1;
  expect_denied(check_attestation_key(sha1), "sha1");
  expect_denied(check_attestation_key(good_attestation_key(key_of(KeyKind::kEcP521))), "ecc_p521");
  const PublicKey small = SigningKey::generate(KeyKind::kRsa, 1024).public_key();
  expect_denied(check_attestation_key(good_attestation_key(small)), "rsa1024");
}

TEST(AttestationKey, AnEndorsementKeyIsNone) {
  expect_denied(check_attestation_key(good_endorsement_key(key_of(KeyKind::kRsa))), "may decrypt");
}

TEST(EndorsementKey, GoodOnesAreAccepted) {
  for (const KeyKind kind : {KeyKind::kRsa, KeyKind::kEcP256, KeyKind::kEcP384}) {
    EXPECT_TRUE(check_endorsement_key(good_endorsement_key(key_of(kind))));
  }
}

TEST(EndorsementKey, EachMissingAttributeIsRefusedByName) {
  const std::pair<std::uint32_t, std::string_view> rows[] = {
      {tpm::kRestricted, "not restricted"},
      {tpm::kFixedTpm, "not fixedTPM"},
      {tpm::kFixedParent, "not fixedParent"},
      {tpm::kSensitiveDataOrigin, "not sensitiveDataOrigin"},
      {tpm::kDecrypt, "cannot decrypt"},
  };
  for (const auto& [attribute, reason] : rows) {
    PublicArea area = good_endorsement_key(key_of(KeyKind::kRsa));
    area.attributes &= ~attribute;
    expect_denied(check_endorsement_key(area), reason);
  }
  PublicArea no_aes = good_endorsement_key(key_of(KeyKind::kRsa));
  no_aes.symmetric_bits = 0;
  expect_denied(check_endorsement_key(no_aes), "no AES");
  expect_denied(check_endorsement_key(good_attestation_key(key_of(KeyKind::kRsa))), "may sign");
}

TEST(PublicArea, TellsAKeysTypeAsTheKeyItselfDoes) {
  for (const PublicArea& area : good_areas()) {
    EXPECT_EQ(key_type_of(area.encoded), area.key.name());
  }
  EXPECT_EQ(key_type_of({}), "");
  EXPECT_EQ(key_type_of(ByteView(good_areas().front().encoded).first(12)), "");
}

}  // namespace
}  // namespace quotemill
