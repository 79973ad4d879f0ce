#include "engine/identity/enrolment.h"

#include <gtest/gtest.h>

#include "engine/base/byte_writer.h"
#include "engine/base/limits.h"
#include "engine/crypto/hash.h"
#include "engine/crypto/random.h"
#include "engine/tpm/constants.h"
#include "engine/tpm/quote.h"
#include "tests/support/soft_tpm.h"

namespace quotemill {
namespace {

using testing::encoded_again;
using testing::issue;
using testing::kDayMs;
using testing::kTestTime;
using testing::self_signed;
using testing::SigningKey;
using testing::SoftTpm;
using testing::TpmVendor;

constexpr Moment kNow{kTestTime, {5'000'000}};

class EnrolmentTest : public ::testing::Test {
 protected:
  EnrolmentTest() {
    rules.roots = vendor.roots();
    channel.server_key.fill(0x51);
    channel.host_key.fill(0x48);
  }

  [[nodiscard]] EnrolRequest request() const { return tpm.request("web-1", vendor); }

  [[nodiscard]] Result<OpenEnrolment> begin(const EnrolRequest& what) const {
    return begin_enrolment(what, rules, channel, *random_bytes(kEnrolmentSecretSize), kNow);
  }

  [[nodiscard]] Result<OpenEnrolment> begin() const { return begin(request()); }

  // The context of the refusal; empty if there was none.
  [[nodiscard]] std::string refusal(const EnrolRequest& what) const {
    const Result<OpenEnrolment> open = begin(what);
    return open ? "" : open.error().context;
  }

  static std::string refusal(OpenEnrolment open, const EnrolmentProof& proof) {
    const Result<ProvenIdentity> proven = finish_enrolment(std::move(open), proof, kNow.boot);
    return proven ? "" : proven.error().context;
  }

  // A request with another AK public area, signed for by nobody yet.
  [[nodiscard]] EnrolRequest with_ak(const PublicArea& ak) const {
    EnrolRequest changed = request();
    changed.ak_public = ak.encoded;
    return changed;
  }

  TpmVendor vendor;
  SoftTpm tpm;
  EnrolmentRules rules;
  EnrolmentChannel channel;
};

using Enrolment = EnrolmentTest;
using EnrolmentCve = EnrolmentTest;

TEST_F(Enrolment, AnHonestHostIsProven) {
  Result<OpenEnrolment> open = begin();
  ASSERT_TRUE(open) << open.error().to_string();
  const EnrolmentProof proof = tpm.prove(*open);
  const Result<ProvenIdentity> proven = finish_enrolment(std::move(*open), proof, kNow.boot);
  ASSERT_TRUE(proven) << proven.error().to_string();
  EXPECT_EQ(proven->name(), "web-1");
  EXPECT_TRUE(equal(proven->ak_public(), tpm.ak.encoded));
  EXPECT_TRUE(equal(proven->ek_public(), tpm.ek.encoded));
  EXPECT_EQ(proven->ek_sha256(), tpm.ek.key_sha256_hex());
  EXPECT_EQ(proven->curve_key(), channel.host_key);
  EXPECT_FALSE(proven->ek_certificate().empty());
  EXPECT_FALSE(proven->token());
}

TEST_F(Enrolment, AnHonestHostWithRsaKeysIsProven) {
  tpm = SoftTpm(KeyKind::kRsa);
  Result<OpenEnrolment> open = begin();
  ASSERT_TRUE(open) << open.error().to_string();
  EXPECT_EQ(refusal(*open, tpm.prove(*open)), "");
}

TEST_F(Enrolment, Tpm2bPublicsAreAsGood) {
  EnrolRequest sized = request();
  sized.ek_public = ByteWriter().sized16_be(sized.ek_public).take();
  sized.ak_public = ByteWriter().sized16_be(sized.ak_public).take();
  Result<OpenEnrolment> open = begin(sized);
  ASSERT_TRUE(open);
  EXPECT_TRUE(equal(open->ek.encoded, tpm.ek.encoded));
  EXPECT_EQ(refusal(*open, tpm.prove(*open)), "");
}

TEST_F(Enrolment, OnlyTheHashOfATokenIsKept) {
  EnrolRequest with_token = request();
  with_token.token = "let-me-in";
  const Result<OpenEnrolment> open = begin(with_token);
  ASSERT_TRUE(open);
  EXPECT_EQ(open->token, hash(HashAlgorithm::kSha256, as_bytes("let-me-in")));
}

TEST_F(Enrolment, RefusesTokensAboveTheirBound) {
  EnrolRequest with_token = request();
  with_token.token.assign(limits::kTokenSizeMax + 1, 'x');
  EXPECT_EQ(refusal(with_token), "enrol.token");
}

TEST_F(Enrolment, APinnedEkNeedsNoCertificate) {
  EnrolRequest bare = request();
  bare.ek_certificate.clear();
  EXPECT_EQ(refusal(bare), "enrol.ek_certificate");
  rules.pinned_eks.insert(tpm.ek.key_sha256_hex());
  const Result<OpenEnrolment> open = begin(bare);
  ASSERT_TRUE(open);
  EXPECT_TRUE(open->ek_certificate.empty());
}

TEST_F(Enrolment, AnUnpinnedEkIsNamedSoThatItCanBePinned) {
  EnrolRequest bare = request();
  bare.ek_certificate.clear();
  const Result<OpenEnrolment> open = begin(bare);
  ASSERT_FALSE(open);
  EXPECT_NE(open.error().detail.find(tpm.ek.key_sha256_hex()), std::string::npos);
}

TEST_F(Enrolment, APinnedEkDoesNotVouchForItsCertificate) {
  rules.pinned_eks.insert(tpm.ek.key_sha256_hex());
  rules.roots = TpmVendor().roots();
  const Result<OpenEnrolment> open = begin();
  ASSERT_TRUE(open);
  EXPECT_TRUE(open->ek_certificate.empty());
}

TEST_F(Enrolment, RefusesAnotherVendorsCertificate) {
  EnrolRequest forged = tpm.request("web-1", TpmVendor());
  EXPECT_EQ(refusal(forged), "EK certificate");
}

TEST_F(Enrolment, RefusesACertificateThatIsACa) {
  EnrolRequest forged = request();
  forged.ek_certificate =
      issue({.common_name = "ca", .ca = true}, tpm.ek.key, vendor.key, vendor.root).der();
  EXPECT_EQ(refusal(forged), "EK certificate");
}

TEST_F(Enrolment, RefusesAnExpiredCertificateAndAnExpiredRoot) {
  EnrolRequest old = request();
  old.ek_certificate =
      issue({.not_after = {kTestTime.ms - kDayMs}}, tpm.ek.key, vendor.key, vendor.root).der();
  EXPECT_EQ(refusal(old), "EK certificate");
  vendor.root = self_signed(
      {.common_name = "Test TPM root", .ca = true, .not_after = {kTestTime.ms - kDayMs}},
      vendor.key);
  rules.roots = vendor.roots();
  EXPECT_EQ(refusal(request()), "EK certificate");
}

TEST_F(Enrolment, RefusesAnUnknownCriticalExtension) {
  EnrolRequest odd = request();
  odd.ek_certificate = issue({.unknown_critical = true}, tpm.ek.key, vendor.key, vendor.root).der();
  EXPECT_EQ(refusal(odd), "EK certificate");
}

TEST_F(Enrolment, PaddingOfNvIsDroppedAndOtherTrailingBytesRefused) {
  const Bytes der = request().ek_certificate;
  EnrolRequest padded = request();
  padded.ek_certificate = der;
  padded.ek_certificate.insert(padded.ek_certificate.end(), 100, 0xFF);
  const Result<OpenEnrolment> open = begin(padded);
  ASSERT_TRUE(open);
  EXPECT_EQ(open->ek_certificate, der);
  EnrolRequest trailing = request();
  trailing.ek_certificate.push_back(0x41);
  EXPECT_EQ(begin(trailing).error().code, ErrorCode::kTrailing);
}

TEST_F(Enrolment, RefusesAPointOffTheCurve) {
  EnrolRequest off = request();
  off.ak_public.back() ^= 1U;
  EXPECT_EQ(begin(off).error().code, ErrorCode::kMalformed);
}

TEST_F(Enrolment, RefusesAnEkThatCouldSign) {
  tpm.ek.attributes |= tpm::kSignEncrypt;
  tpm.ek = encoded_again(tpm.ek);
  EXPECT_EQ(refusal(request()), "endorsement key");
}

TEST_F(Enrolment, RefusesAnAkNamedWithSha1) {
  PublicArea ak = tpm.ak;
  ak.name_algorithm = HashAlgorithm::kSha1;
  EXPECT_EQ(refusal(with_ak(encoded_again(ak))), "attestation key");
}

TEST_F(Enrolment, AnAkThatCouldSignAnythingIsRefused) {
  for (const std::uint32_t missing : {tpm::kRestricted, tpm::kFixedTpm, tpm::kFixedParent,
                                      tpm::kSensitiveDataOrigin, tpm::kSignEncrypt}) {
    PublicArea ak = tpm.ak;
    ak.attributes &= ~missing;
    EXPECT_EQ(refusal(with_ak(encoded_again(ak))), "attestation key") << missing;
  }
  PublicArea decrypts = tpm.ak;
  decrypts.attributes |= tpm::kDecrypt;
  EXPECT_EQ(refusal(with_ak(encoded_again(decrypts))), "attestation key");
}

TEST_F(Enrolment, TheSecretMustHaveItsSize) {
  EXPECT_FALSE(begin_enrolment(request(), rules, channel, Bytes(16), kNow));
}

TEST_F(Enrolment, ALateProofIsRefused) {
  Result<OpenEnrolment> open = begin();
  const EnrolmentProof proof = tpm.prove(*open);
  const BootTime late{kNow.boot.ms + kEnrolmentLifetimeMs + 1};
  const Result<ProvenIdentity> proven = finish_enrolment(std::move(*open), proof, late);
  ASSERT_FALSE(proven);
  EXPECT_EQ(proven.error().code, ErrorCode::kExpired);
}

TEST_F(Enrolment, ASpentConversationProvesNothing) {
  Result<OpenEnrolment> open = begin();
  const EnrolmentProof proof = tpm.prove(*open);
  OpenEnrolment spent = std::move(*open);
  EXPECT_EQ(refusal(std::move(spent), EnrolmentProof{}), "enrol.hmac");
  // What was moved from holds neither secret nor credential.
  EXPECT_NE(refusal(std::move(*open), proof), "");  // NOLINT(bugprone-use-after-move)
}

TEST_F(Enrolment, RefusesAProofForAnotherConversation) {
  Result<OpenEnrolment> first = begin();
  Result<OpenEnrolment> second = begin();
  EXPECT_EQ(refusal(*second, tpm.prove(*first)), "enrol.hmac");
}

TEST_F(Enrolment, RefusesAQuoteForAnotherConversation) {
  Result<OpenEnrolment> first = begin();
  Result<OpenEnrolment> second = begin();
  EnrolmentProof proof = tpm.prove(*second);
  const EnrolmentProof old = tpm.prove(*first);
  proof.attest = old.attest;
  proof.signature = old.signature;
  EXPECT_EQ(refusal(*second, proof), "enrol.quote.nonce");
}

TEST_F(Enrolment, RefusesAQuoteThatIsNoQuote) {
  Result<OpenEnrolment> open = begin();
  EnrolmentProof proof = tpm.prove(*open);
  proof.attest[0] ^= 1U;
  proof.signature = tpm.ak_key.sign_as_tpm(proof.attest);
  EXPECT_EQ(refusal(*open, proof), "TPMS_ATTEST.magic");
  proof = tpm.prove(*open);
  proof.attest[5] ^= 1U;
  proof.signature = tpm.ak_key.sign_as_tpm(proof.attest);
  EXPECT_EQ(refusal(*open, proof), "TPMS_ATTEST.type");
  proof = tpm.prove(*open);
  proof.attest.push_back(0);
  proof.signature = tpm.ak_key.sign_as_tpm(proof.attest);
  EXPECT_NE(refusal(*open, proof), "");
}

TEST_F(Enrolment, RefusesABadSignature) {
  Result<OpenEnrolment> open = begin();
  EnrolmentProof proof = tpm.prove(*open);
  proof.signature.back() ^= 1U;
  EXPECT_EQ(refusal(*open, proof), "enrol.quote.signature");
  proof.signature.clear();
  EXPECT_NE(refusal(*open, proof), "");
}

TEST_F(Enrolment, RefusesASignatureOfAnotherKindThanTheAk) {
  Result<OpenEnrolment> open = begin();
  EnrolmentProof proof = tpm.prove(*open);
  proof.signature = SigningKey::generate(KeyKind::kRsa).sign_as_tpm(proof.attest);
  EXPECT_EQ(refusal(*open, proof), "enrol.quote.scheme");
  proof.signature = tpm.ak_key.sign_as_tpm(proof.attest, HashAlgorithm::kSha384);
  EXPECT_EQ(refusal(*open, proof), "enrol.quote.scheme");
}

// The proof with another Qualified Name of the signer, as a TPM would sign for an AK elsewhere.
EnrolmentProof proof_of_ak_at(const SoftTpm& tpm, const OpenEnrolment& open, ByteView signer) {
  EnrolmentProof proof = tpm.prove(open);
  const Bytes honest = proof.attest;
  Quote quote = *decode_quote(honest);
  quote.qualified_signer = signer;
  proof.attest = encode_quote(quote);
  proof.signature = tpm.ak_key.sign_as_tpm(proof.attest);
  return proof;
}

TEST_F(Enrolment, AnAkMayBeAPrimaryKeyOfTheEksHierarchy) {
  Result<OpenEnrolment> open = begin();
  EXPECT_EQ(refusal(*open, proof_of_ak_at(tpm, *open, endorsement_qualified_name(tpm.ak))), "");
}

TEST_F(Enrolment, RefusesAnAkOfAnotherHierarchyOrAnotherEk) {
  Result<OpenEnrolment> open = begin();
  const Bytes owner = tpm.ak.qualified_name(ByteWriter().u32_be(0x40000001).view());
  const Bytes other = tpm.ak.qualified_name(endorsement_qualified_name(SoftTpm().ek));
  for (const Bytes& signer : {owner, other, tpm.ak.name(), Bytes{}}) {
    EXPECT_EQ(refusal(*open, proof_of_ak_at(tpm, *open, signer)), "enrol.quote.hierarchy");
  }
}

// --- Rows of HOSTILE_INPUTS --------------------------------------------------------------------

TEST_F(EnrolmentCve, Cve2021_3406_RefusesAGenuineCertificateWithAnotherEk) {
  const SoftTpm genuine;
  EnrolRequest forged = request();
  forged.ek_certificate = genuine.request("web-1", vendor).ek_certificate;
  EXPECT_EQ(refusal(forged), "enrol.ek_certificate");
  rules.pinned_eks.insert(tpm.ek.key_sha256_hex());
  EXPECT_EQ(refusal(forged), "enrol.ek_certificate");
}

TEST_F(EnrolmentCve, Cve2021_3406_ACredentialFitsOneAkOnly) {
  Result<OpenEnrolment> open = begin();
  tpm.replace_ak();
  EXPECT_FALSE(tpm.activate(open->credential.id_object, open->credential.encrypted_secret));
}

TEST_F(EnrolmentCve, Cve2021_3406_ACredentialFitsOneEkOnly) {
  Result<OpenEnrolment> open = begin();
  SoftTpm other;
  other.ak = tpm.ak;
  other.ak_key = tpm.ak_key;
  EXPECT_FALSE(other.activate(open->credential.id_object, open->credential.encrypted_secret));
  EXPECT_EQ(refusal(*open, other.prove(*open)), "enrol.hmac");
}

TEST_F(EnrolmentCve, Cve2022_1053_TheProofMustBeByTheAkThatWasChecked) {
  Result<OpenEnrolment> open = begin();
  EnrolmentProof proof = tpm.prove(*open);
  const Bytes checked = tpm.ak.encoded;
  tpm.replace_ak();
  proof.signature = tpm.ak_key.sign_as_tpm(proof.attest);
  EXPECT_EQ(refusal(*open, proof), "enrol.quote.signature");
  EXPECT_TRUE(equal(open->ak.encoded, checked));
}

TEST_F(EnrolmentCve, Cve2022_23949_HostNamesAreNamesOnly) {
  for (const std::string& name :
       {std::string(), std::string("a\nb"), std::string("\x1b[31mred"), std::string("a\"b"),
        std::string("a|b"), std::string("a=b"), std::string("../a"), std::string("a/b"),
        std::string("a\0b", 3), std::string("\xC3\x28"), std::string("UPPER"), std::string("-x"),
        std::string(limits::kHostNameSizeMax + 1, 'a'), std::string(10'000, 'a')}) {
    EnrolRequest named = request();
    named.name = name;
    const Result<OpenEnrolment> open = begin(named);
    ASSERT_FALSE(open) << name;
    EXPECT_STREQ(open.error().context, "enrol.name");
    const std::string shown = open.error().to_string();
    EXPECT_LT(shown.size(), 400U);
    for (const char c : shown) {
      EXPECT_TRUE(c >= 0x20 && c < 0x7F) << static_cast<int>(c);
    }
  }
}

TEST_F(EnrolmentCve, Cve2023_38201_NoRefusalTellsWhatWouldHaveBeenRight) {
  Result<OpenEnrolment> open = begin();
  const std::string right = enrolment_hmac(open->secret, open->transcript).hex();
  const std::string nonce = enrolment_qualifying_data(open->transcript).hex();
  const std::string secret = to_hex(open->secret);
  EnrolmentProof wrong_hmac = tpm.prove(*open);
  wrong_hmac.hmac[0] ^= 1U;
  EnrolmentProof empty_hmac = tpm.prove(*open);
  empty_hmac.hmac.clear();
  EnrolmentProof short_hmac = tpm.prove(*open);
  short_hmac.hmac.resize(16);
  EnrolmentProof wrong_nonce = tpm.quote(Bytes(32));
  wrong_nonce.hmac = tpm.prove(*open).hmac;
  for (const EnrolmentProof& proof : {wrong_hmac, empty_hmac, short_hmac, wrong_nonce}) {
    OpenEnrolment again = *open;
    const Result<ProvenIdentity> proven = finish_enrolment(std::move(again), proof, kNow.boot);
    ASSERT_FALSE(proven);
    const std::string shown = proven.error().to_string();
    EXPECT_EQ(shown.find(right), std::string::npos);
    EXPECT_EQ(shown.find(nonce), std::string::npos);
    EXPECT_EQ(shown.find(secret), std::string::npos);
  }
}

}  // namespace
}  // namespace quotemill
