// TpmDevice against a real TPM implementation: swtpm over libtpms.
#include "transport/agent/tpm_device.h"

#include <gtest/gtest.h>

#include "engine/base/limits.h"
#include "engine/crypto/check_signature.h"
#include "engine/crypto/hash.h"
#include "engine/crypto/random.h"
#include "engine/tpm/credential.h"
#include "engine/tpm/public_area.h"
#include "engine/tpm/quote.h"
#include "engine/tpm/signature.h"
#include "tests/support/swtpm.h"

namespace quotemill::agent {
namespace {

using testing::Finished;
using testing::Swtpm;
using testing::write_file;

constexpr std::uint32_t kAllPcrs = 0xFFFFFF;

class TpmDeviceTest : public ::testing::Test {
 protected:
  void SetUp() override {
    tpm_ = Swtpm::start();
    if (tpm_ == nullptr) {
      GTEST_SKIP() << "swtpm and tpm2-tools are not installed";
    }
  }

  TpmDevice opened() {
    Result<TpmDevice> device = TpmDevice::open(tpm_->tcti());
    if (!device) {
      ADD_FAILURE() << device.error().to_string();
      std::abort();
    }
    return std::move(*device);
  }

  std::string must(const std::vector<std::string>& arguments) {
    const Finished finished = tpm_->tool(arguments);
    EXPECT_TRUE(finished.ok()) << arguments[0] << ": " << finished.output;
    return finished.output;
  }

  // What is left in the TPM once nobody is connected.
  void expect_nothing_left() {
    EXPECT_EQ(must({"tpm2_getcap", "handles-transient"}), "");
    EXPECT_EQ(must({"tpm2_getcap", "handles-loaded-session"}), "");
  }

  std::unique_ptr<Swtpm> tpm_;
};

// The value, or a failure that names the error.
template <class T>
T take(Result<T> result) {
  if (!result) {
    ADD_FAILURE() << result.error().to_string();
    std::abort();
  }
  return std::move(*result);
}

struct Kinds {
  EkKind ek;
  AkKind ak;
};

class TpmDeviceKeys : public TpmDeviceTest, public ::testing::WithParamInterface<Kinds> {};

TEST_P(TpmDeviceKeys, AreWhatTheEngineDemandsAndCanAttest) {
  {
    TpmDevice device = opened();
    const TpmKey ek = take(device.endorsement_key(GetParam().ek));
    const AkBlobs blobs = take(device.create_ak(ek, GetParam().ak));
    const TpmKey ak = take(device.load_ak(ek, blobs));
    EXPECT_EQ(take(TpmDevice::public_area_of(blobs)), ak.public_area());
    const PublicArea ek_area = take(decode_tpmt_public(ek.public_area()));
    const PublicArea ak_area = take(decode_tpmt_public(ak.public_area()));
    EXPECT_TRUE(check_endorsement_key(ek_area));
    EXPECT_TRUE(check_attestation_key(ak_area));

    const Bytes secret = take(random_bytes(32));
    const Credential credential = take(make_credential(ek_area, ak_area.name(), secret));
    EXPECT_EQ(
        take(device.activate_credential(ek, ak, credential.id_object, credential.encrypted_secret)),
        secret);

    const Bytes nonce = take(random_bytes(32));
    const std::vector<PcrSelection> selections{{HashAlgorithm::kSha256, 0xFF}};
    const TpmQuote quoted = take(device.quote(ak, selections, nonce));
    const Quote quote = take(decode_quote(quoted.attest));
    EXPECT_TRUE(equal(quote.extra_data, nonce));
    EXPECT_EQ(quote.selections, selections);
    const SignatureView signature = take(decode_signature(quoted.signature));
    EXPECT_TRUE(signature_holds(ak_area.key, signature, hash(signature.hash, quoted.attest)));
  }
  expect_nothing_left();
}

INSTANTIATE_TEST_SUITE_P(Kinds, TpmDeviceKeys,
                         ::testing::Values(Kinds{EkKind::kRsa2048, AkKind::kRsassa2048},
                                           Kinds{EkKind::kRsa2048, AkKind::kEcdsaP256},
                                           Kinds{EkKind::kEccP256, AkKind::kRsapss2048},
                                           Kinds{EkKind::kEccP256, AkKind::kEcdsaP256},
                                           Kinds{EkKind::kEccP384, AkKind::kEcdsaP256}),
                         [](const auto& instance) {
                           return std::string(name_of(instance.param.ek)) + "_" +
                                  std::string(name_of(instance.param.ak));
                         });

TEST_F(TpmDeviceTest, ReadsTheEkCertificateInChunks) {
  const Bytes certificate = take(random_bytes(1800));  // more than one NV buffer
  write_file(tpm_->folder() / "certificate", certificate);
  must({"tpm2_nvdefine", "0x01C00002", "-C", "p", "-s", "1800", "-a",
        "ppwrite|ppread|ownerread|authread|platformcreate|no_da"});
  must({"tpm2_nvwrite", "0x01C00002", "-C", "p", "-i", "certificate"});
  TpmDevice device = opened();
  EXPECT_EQ(take(device.ek_certificate(EkKind::kRsa2048)), certificate);
  const Result<Bytes> absent = device.ek_certificate(EkKind::kEccP256);
  ASSERT_FALSE(absent);
  EXPECT_EQ(absent.error().code, ErrorCode::kNotFound);
}

TEST_F(TpmDeviceTest, ReadsACertificateThatOnlyTheOwnerMayRead) {
  write_file(tpm_->folder() / "certificate", Bytes(100, 5));
  must({"tpm2_nvdefine", "0x01C0000A", "-C", "o", "-s", "100", "-a", "ownerwrite|ownerread"});
  must({"tpm2_nvwrite", "0x01C0000A", "-C", "o", "-i", "certificate"});
  EXPECT_EQ(take(opened().ek_certificate(EkKind::kEccP256)), Bytes(100, 5));
}

TEST_F(TpmDeviceTest, UsesThePersistentEkOfTheDefaultTemplate) {
  const Bytes created = take(opened().endorsement_key(EkKind::kRsa2048)).public_area();
  must({"tpm2_createek", "-c", "0x81010001", "-G", "rsa", "-u", "ek.pub"});
  must({"tpm2_flushcontext", "-t"});
  {
    TpmDevice device = opened();
    const TpmKey ek = take(device.endorsement_key(EkKind::kRsa2048));
    EXPECT_EQ(ek.public_area(), created);
    const AkBlobs blobs = take(device.create_ak(ek, AkKind::kEcdsaP256));
    take(device.load_ak(ek, blobs));
  }
  expect_nothing_left();
  EXPECT_NE(must({"tpm2_getcap", "handles-persistent"}).find("0x81010001"), std::string::npos);
}

TEST_F(TpmDeviceTest, IgnoresAPersistentKeyOfAnotherTemplate) {
  must({"tpm2_createprimary", "-C", "e", "-G", "rsa", "-c", "other.ctx"});
  must({"tpm2_evictcontrol", "-c", "other.ctx", "0x81010001"});
  must({"tpm2_flushcontext", "-t"});
  const TpmKey ek = take(opened().endorsement_key(EkKind::kRsa2048));
  EXPECT_TRUE(check_endorsement_key(take(decode_tpmt_public(ek.public_area()))));
}

TEST_F(TpmDeviceTest, FlushesOnErrorPathsToo) {
  {
    TpmDevice device = opened();
    const TpmKey ek = take(device.endorsement_key(EkKind::kEccP256));
    const TpmKey ak = take(device.load_ak(ek, take(device.create_ak(ek, AkKind::kEcdsaP256))));
    // More often than the TPM has room for objects and sessions.
    for (int i = 0; i < 8; ++i) {
      AkBlobs damaged = take(device.create_ak(ek, AkKind::kEcdsaP256));
      damaged.private_blob.back() ^= 1U;
      EXPECT_EQ(device.load_ak(ek, damaged).error().code, ErrorCode::kTpm);
      const PublicArea area = take(decode_tpmt_public(ek.public_area()));
      const Credential credential = take(make_credential(area, Bytes(34, 1), Bytes(32)));
      EXPECT_EQ(
          device.activate_credential(ek, ak, credential.id_object, credential.encrypted_secret)
              .error()
              .code,
          ErrorCode::kTpm);
    }
  }
  expect_nothing_left();
}

TEST_F(TpmDeviceTest, OpenClearsWhatAKilledClientLeftInSwtpm) {
  for (int i = 0; i < 3; ++i) {
    must({"tpm2_createprimary", "-C", "e", "-G", "ecc", "-c", "left.ctx"});
  }
  EXPECT_NE(must({"tpm2_getcap", "handles-transient"}), "");
  take(opened().endorsement_key(EkKind::kEccP256));
  expect_nothing_left();
}

TEST_F(TpmDeviceTest, AKeyOfAnotherTpmIsRefused) {
  const std::unique_ptr<Swtpm> other = Swtpm::start();
  ASSERT_NE(other, nullptr);
  TpmDevice theirs = take(TpmDevice::open(other->tcti()));
  const TpmKey their_ek = take(theirs.endorsement_key(EkKind::kEccP256));
  const AkBlobs blobs = take(theirs.create_ak(their_ek, AkKind::kEcdsaP256));
  TpmDevice device = opened();
  const TpmKey ek = take(device.endorsement_key(EkKind::kEccP256));
  const Result<TpmKey> loaded = device.load_ak(ek, blobs);
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().code, ErrorCode::kTpm);
  EXPECT_STREQ(loaded.error().context, "TPM2_Load");
}

TEST_F(TpmDeviceTest, ExtendsAndReadsAllPcrsOfSeveralBanks) {
  TpmDevice device = opened();
  const Digest sha1 = hash(HashAlgorithm::kSha1, as_bytes("x"));
  const Digest sha256 = hash(HashAlgorithm::kSha256, as_bytes("x"));
  for (const std::uint32_t pcr : {0U, 7U, 15U}) {
    ASSERT_TRUE(device.extend(pcr, {sha1, sha256}));
  }
  const std::vector<PcrBank> banks = take(
      device.read_pcrs({{HashAlgorithm::kSha256, kAllPcrs}, {HashAlgorithm::kSha1, 0b1000'0000}}));
  ASSERT_EQ(banks.size(), 2U);
  EXPECT_EQ(banks[0].mask(), kAllPcrs);
  EXPECT_EQ(banks[1].mask(), 0b1000'0000U);
  Digest expected(HashAlgorithm::kSha256);
  extend(expected, sha256.view());
  EXPECT_EQ(banks[0].at(0), expected);
  EXPECT_EQ(banks[0].at(15), expected);
  EXPECT_TRUE(banks[0].at(8).is_filled_with(0));
  EXPECT_TRUE(banks[0].at(17).is_filled_with(0xFF));
  Digest expected_sha1(HashAlgorithm::kSha1);
  extend(expected_sha1, sha1.view());
  EXPECT_EQ(banks[1].at(7), expected_sha1);
}

TEST_F(TpmDeviceTest, NamesABankThatIsNotEnabled) {
  must({"tpm2_pcrallocate", "-P", "", "sha256:all+sha1:none+sha384:none+sha512:none"});
  ASSERT_TRUE(tpm_->power_cycle());
  TpmDevice device = opened();
  const auto pcrs = device.read_pcrs({{HashAlgorithm::kSha384, 0xFF}});
  ASSERT_FALSE(pcrs);
  EXPECT_EQ(pcrs.error().code, ErrorCode::kUnsupported);
  EXPECT_NE(pcrs.error().detail.find("sha384"), std::string::npos);
}

TEST_F(TpmDeviceTest, QuotesTheValuesItReads) {
  TpmDevice device = opened();
  const TpmKey ek = take(device.endorsement_key(EkKind::kEccP256));
  const TpmKey ak = take(device.load_ak(ek, take(device.create_ak(ek, AkKind::kEcdsaP256))));
  const std::vector<PcrSelection> selections{{HashAlgorithm::kSha1, 0x3FF},
                                             {HashAlgorithm::kSha256, kAllPcrs}};
  const TpmQuoteWithPcrs quoted = take(device.quote_with_pcrs(ak, selections, Bytes(32, 7)));
  const Quote quote = take(decode_quote(quoted.quote.attest));
  const auto digest = pcr_digest(selections, quoted.pcrs, HashAlgorithm::kSha256);
  ASSERT_TRUE(digest);
  EXPECT_TRUE(equal(quote.pcr_digest, digest->view()));
}

// In the endorsement hierarchy the counters come as they are: one power cycle, one reset.
TEST_F(TpmDeviceTest, QuotesCountersThatCanBeCompared) {
  AkBlobs blobs;
  const auto clock = [&] {
    TpmDevice device = opened();
    const TpmKey ek = take(device.endorsement_key(EkKind::kEccP256));
    if (blobs.public_blob.empty()) {
      blobs = take(device.create_ak(ek, AkKind::kEcdsaP256));
    }
    const TpmKey ak = take(device.load_ak(ek, blobs));
    const TpmQuote quoted = take(device.quote(ak, {{HashAlgorithm::kSha256, 1}}, {}));
    return take(decode_quote(quoted.attest)).clock;
  };
  const ClockInfo before = clock();
  EXPECT_EQ(clock().reset_count, before.reset_count);
  ASSERT_TRUE(tpm_->power_cycle());
  EXPECT_EQ(clock().reset_count, before.reset_count + 1);
  const std::string tools = must({"tpm2_readclock"});
  EXPECT_NE(tools.find("reset_count: " + std::to_string(before.reset_count + 1)), std::string::npos)
      << tools;
}

TEST_F(TpmDeviceTest, RefusesWhatIsTooLongOrMalformed) {
  TpmDevice device = opened();
  const TpmKey ek = take(device.endorsement_key(EkKind::kEccP256));
  const TpmKey ak = take(device.load_ak(ek, take(device.create_ak(ek, AkKind::kEcdsaP256))));
  EXPECT_FALSE(device.quote(ak, {{HashAlgorithm::kSha256, 1}}, Bytes(100)));
  EXPECT_EQ(device.activate_credential(ek, ak, Bytes{}, Bytes{}).error().code,
            ErrorCode::kMalformed);
  EXPECT_EQ(device.load_ak(ek, {Bytes{0, 1}, Bytes{0, 0}}).error().code, ErrorCode::kMalformed);
  EXPECT_FALSE(device.extend(24, {Digest(HashAlgorithm::kSha256)}));
}

TEST(TpmDeviceOpen, NamesATpmThatIsNotThere) {
  const Result<TpmDevice> device = TpmDevice::open("device:/dev/absent-tpm");
  ASSERT_FALSE(device);
  EXPECT_EQ(device.error().code, ErrorCode::kIo);
  EXPECT_NE(device.error().detail.find("absent-tpm"), std::string::npos);
}

TEST(TpmDeviceNames, RoundTrip) {
  for (const EkKind kind : {EkKind::kRsa2048, EkKind::kEccP256, EkKind::kEccP384}) {
    EXPECT_EQ(ek_kind_named(name_of(kind)), kind);
  }
  for (const AkKind kind : {AkKind::kRsassa2048, AkKind::kRsapss2048, AkKind::kEcdsaP256}) {
    EXPECT_EQ(ak_kind_named(name_of(kind)), kind);
  }
  EXPECT_FALSE(ek_kind_named("rsa"));
  EXPECT_FALSE(ak_kind_named(""));
}

}  // namespace
}  // namespace quotemill::agent
