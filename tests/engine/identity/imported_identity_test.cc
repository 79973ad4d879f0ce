#include "engine/identity/imported_identity.h"

#include <gmock/gmock.h>

#include "engine/crypto/hash.h"
#include "engine/tpm/constants.h"
#include "tests/support/soft_tpm.h"

namespace quotemill {
namespace {

using ::testing::HasSubstr;
using testing::kTestTime;
using testing::SoftTpm;
using testing::TpmVendor;

class ImportedIdentityTest : public ::testing::Test {
 protected:
  ImportedIdentityTest() {
    identity.name = "web-01";
    identity.ak_public = tpm.ak.encoded;
    identity.curve_key.fill(7);
  }

  [[nodiscard]] Result<ImportedRecord> imported() const {
    return imported_record(identity, {"ana", HostUid{{9}}, kTestTime});
  }

  [[nodiscard]] Result<HostRecord> record() const {
    Result<ImportedRecord> made = imported();
    return made ? Result<HostRecord>(std::move(made->record)) : made.error();
  }

  [[nodiscard]] std::string refusal() const {
    const Result<HostRecord> made = record();
    return made ? "no refusal" : made.error().to_string();
  }

  SoftTpm tpm;
  ImportedIdentity identity;
};

TEST_F(ImportedIdentityTest, IsActiveAndSaysThatItWasImported) {
  const Result<HostRecord> made = record();
  ASSERT_TRUE(made) << made.error().to_string();
  EXPECT_TRUE(made->may_attest());
  EXPECT_TRUE(made->is_imported());
  EXPECT_EQ(made->admitted_by, "imported:ana");
  EXPECT_EQ(made->uid, HostUid{{9}});
  EXPECT_EQ(made->generation, 1U);
  EXPECT_EQ(made->ak_public, tpm.ak.encoded);
  EXPECT_EQ(made->curve_key, identity.curve_key);
  EXPECT_EQ(made->ek_sha256, "");
  EXPECT_EQ(made->enrolled, kTestTime);
}

TEST_F(ImportedIdentityTest, KeepsItsUid) {
  identity.uid = HostUid{{1, 2}};
  EXPECT_EQ(record()->uid, (HostUid{{1, 2}}));
  identity.uid = HostUid{};
  EXPECT_THAT(refusal(), HasSubstr("uid"));
}

TEST_F(ImportedIdentityTest, TakesPublicAreasWithAndWithoutTheirLength) {
  const auto with_length = [](const Bytes& area) {
    Bytes out = {static_cast<std::uint8_t>(area.size() >> 8U),
                 static_cast<std::uint8_t>(area.size() & 0xFFU)};
    out.insert(out.end(), area.begin(), area.end());
    return out;
  };
  identity.ak_public = with_length(tpm.ak.encoded);
  identity.ek_public = with_length(tpm.ek.encoded);
  const Result<HostRecord> made = record();
  ASSERT_TRUE(made) << made.error().to_string();
  EXPECT_EQ(made->ak_public, tpm.ak.encoded);
  EXPECT_EQ(made->ek_public, tpm.ek.encoded);
  EXPECT_EQ(made->ek_sha256, tpm.ek.key_sha256_hex());
}

TEST_F(ImportedIdentityTest, KnowsTheEkByItsCertificateAlone) {
  const TpmVendor vendor;
  const Certificate certificate = vendor.certify(tpm.ek.key);
  identity.ek_certificate = certificate.der();
  const Result<ImportedRecord> made = imported();
  ASSERT_TRUE(made) << made.error().to_string();
  EXPECT_EQ(made->record.ek_sha256, tpm.ek.key_sha256_hex());
  EXPECT_TRUE(made->record.ek_public.empty());
  EXPECT_EQ(made->ek_certificate, certificate.der());
  EXPECT_EQ(made->record.ek_certificate->sha256, hash(HashAlgorithm::kSha256, certificate.der()));
  EXPECT_EQ(made->record.ek_certificate->not_after, certificate.not_after());
}

TEST_F(ImportedIdentityTest, RefusesACertificateOfAnotherKey) {
  const TpmVendor vendor;
  const SoftTpm other;
  identity.ek_public = tpm.ek.encoded;
  identity.ek_certificate = vendor.certify(other.ek.key).der();
  EXPECT_THAT(refusal(), HasSubstr("ek_certificate: is of another key"));
}

TEST_F(ImportedIdentityTest, ChecksTheAttestationKeyAsEnrolmentDoes) {
  const auto with_attributes = [this](std::uint32_t attributes) {
    PublicArea area = tpm.ak;
    area.attributes = attributes;
    identity.ak_public = encode_tpmt_public(area);
    return refusal();
  };
  EXPECT_THAT(with_attributes(tpm.ak.attributes & ~tpm::kRestricted), HasSubstr("ak_public: "));
  EXPECT_THAT(with_attributes(tpm.ak.attributes & ~tpm::kSignEncrypt), HasSubstr("cannot sign"));
  EXPECT_THAT(with_attributes(tpm.ak.attributes & ~tpm::kFixedTpm), HasSubstr("ak_public: "));
  EXPECT_THAT(with_attributes(tpm.ak.attributes & ~tpm::kSensitiveDataOrigin),
              HasSubstr("ak_public: "));
  EXPECT_THAT(with_attributes(tpm.ak.attributes | tpm::kDecrypt), HasSubstr("may decrypt"));
  EXPECT_EQ(with_attributes(tpm.ak.attributes), "no refusal");
  identity.ak_public = tpm.ek.encoded;
  EXPECT_THAT(refusal(), HasSubstr("ak_public: "));
}

TEST_F(ImportedIdentityTest, RefusesWhatIsNoKeyOrName) {
  identity.ek_public = tpm.ak.encoded;
  EXPECT_THAT(refusal(), HasSubstr("ek_public: "));
  identity.ek_public.clear();
  identity.ak_public = {1, 2, 3};
  EXPECT_THAT(refusal(), HasSubstr("TPM2B_PUBLIC or TPMT_PUBLIC"));
  identity.ak_public = tpm.ak.encoded;
  identity.curve_key = {};
  EXPECT_THAT(refusal(), HasSubstr("curve_key"));
  identity.name = "Web\x1b";
  EXPECT_THAT(refusal(), HasSubstr("Web\\x1b"));
}

}  // namespace
}  // namespace quotemill
