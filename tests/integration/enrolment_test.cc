// Enrolment end to end: a real software TPM (swtpm) over tpm2-tss, the client, the door, the
// service.
#include <functional>
#include <memory>

#include <gtest/gtest.h>

#include "engine/tpm/public_area.h"
#include "tests/support/soft_tpm.h"
#include "tests/support/swtpm.h"
#include "tests/transport/server/test_registrar.h"
#include "transport/agent/tpm_device.h"
#include "transport/client/enrolment_client.h"
#include "transport/server/enrolment_door.h"
#include "transport/server/enrolment_service.h"

namespace quotemill {
namespace {

using agent::AkBlobs;
using agent::AkKind;
using agent::EkKind;
using agent::TpmDevice;
using agent::TpmKey;
using namespace transport;  // NOLINT(google-build-using-namespace)

const std::vector<PcrSelection> kPcrs = {{HashAlgorithm::kSha256, 1}};

// The keys of one enrolment in a real TPM. swtpm has room for three objects: two AKs share an EK.
struct Keys {
  std::shared_ptr<TpmKey> ek;
  TpmKey ak;
};

class EnrolmentEndToEnd : public ::testing::Test {
 protected:
  void SetUp() override {
    swtpm = testing::Swtpm::start();
    if (!swtpm) {
      GTEST_SKIP() << "swtpm or tpm2-tools is not installed";
    }
    registrar.now = {testing::kTestTime, {1}};
    service = std::make_unique<EnrolmentService>(
        registrar, EnrolmentServiceConfig{.server_key = server.public_key},
        std::function<void(const EnrolmentAudit&)>{});
    use_list({});
    EnrolmentDoorConfig config;
    config.endpoint = "tcp://127.0.0.1:*";
    config.secret_key = server.secret_key;
    config.command = {QUOTEMILL_DOOR_CHILD, "--enrolment-door"};
    Result<std::unique_ptr<EnrolmentDoor>> opened =
        EnrolmentDoor::open(config,
                            [this](const CurveKey& client, const MessageBody& message) {
                              return service->handle(client, message, {testing::kTestTime, {1}});
                            },
                            {});
    ASSERT_TRUE(opened) << opened.error().to_string();
    door = *std::move(opened);
    connect_tpm();
  }

  void connect_tpm() {
    Result<TpmDevice> device = TpmDevice::open(swtpm->tcti());
    ASSERT_TRUE(device) << device.error().to_string();
    tpm.emplace(*std::move(device));
  }

  void use_list(const EkList& eks) {
    auto inputs = std::make_shared<AdmissionInputs>();
    inputs->roots = vendor.roots();
    inputs->eks = eks;
    service->use(inputs);
  }

  Keys make_keys(EkKind ek_kind, AkKind ak_kind) {
    Result<TpmKey> ek = tpm->endorsement_key(ek_kind);
    EXPECT_TRUE(ek) << ek.error().to_string();
    return make_keys(std::make_shared<TpmKey>(*std::move(ek)), ak_kind);
  }

  Keys make_keys(const std::shared_ptr<TpmKey>& ek, AkKind ak_kind) {
    const Result<AkBlobs> blobs = tpm->create_ak(*ek, ak_kind);
    EXPECT_TRUE(blobs) << blobs.error().to_string();
    Result<TpmKey> ak = tpm->load_ak(*ek, *blobs);
    EXPECT_TRUE(ak) << ak.error().to_string();
    return {ek, *std::move(ak)};
  }

  // What this host says of itself; our own vendor certifies its EK, as swtpm's manufacturer would.
  [[nodiscard]] EnrolMessage request(const Keys& of, bool certified) const {
    const PublicArea ek = *decode_tpmt_public(of.ek->public_area());
    return {"host-1", certified ? vendor.certify(ek.key).der() : Bytes{}, of.ek->public_area(),
            of.ak.public_area(), ""};
  }

  // `activating` and `quoting` differ for a host that cheats.
  EnrolmentTpm operations(const Keys& activating, const Keys& quoting) {
    return {.activate =
                [this, &activating](ByteView id, ByteView secret) {
                  return tpm->activate_credential(*activating.ek, activating.ak, id, secret);
                },
            .quote = [this, &quoting](ByteView qualifying) -> Result<EnrolmentQuote> {
              const auto quote = tpm->quote(quoting.ak, kPcrs, qualifying);
              if (!quote) {
                return quote.error();
              }
              return EnrolmentQuote{quote->attest, quote->signature};
            }};
  }

  Result<EnrolmentOutcome> enrol(const EnrolMessage& message, const EnrolmentTpm& operations) {
    EnrolmentClient client(*context, host, {door->endpoint(), server.public_key});
    return client.run(message, operations);
  }

  void list(const Keys& of) {
    EkList eks;
    ASSERT_TRUE(eks.add(decode_tpmt_public(of.ek->public_area())->key_sha256_hex(), "host-1"));
    use_list(eks);
  }

  // Admitted by the list, under generation `generation`.
  void expect_active(const Keys& of, bool certified, std::uint32_t generation) {
    const Result<EnrolmentOutcome> outcome = enrol(request(of, certified), operations(of, of));
    ASSERT_TRUE(outcome) << outcome.error().to_string();
    const auto* active = std::get_if<EnrolmentActive>(&*outcome);
    ASSERT_NE(active, nullptr);
    EXPECT_EQ(active->generation, generation);
    const auto record = registrar.hosts.find(active->uid)->record;
    EXPECT_EQ(record->ak_public, of.ak.public_area());
    EXPECT_EQ(record->curve_key, host.public_key);
    EXPECT_EQ(record->ek_certificate.has_value(), certified);
    EXPECT_TRUE(registrar.hosts.admits(host.public_key));
  }

  std::unique_ptr<testing::Swtpm> swtpm;
  testing::TpmVendor vendor;
  TestRegistrar registrar;
  CurveKeyPair server = *generate_key_pair();
  CurveKeyPair host = *generate_key_pair();
  std::unique_ptr<Context> context = *Context::create();
  std::unique_ptr<EnrolmentService> service;
  std::unique_ptr<EnrolmentDoor> door;
  std::optional<TpmDevice> tpm;
};

TEST_F(EnrolmentEndToEnd, WithRsaKeysAndACertificate) {
  const Keys keys = make_keys(EkKind::kRsa2048, AkKind::kRsassa2048);
  list(keys);
  expect_active(keys, true, 1);
}

TEST_F(EnrolmentEndToEnd, WithAnRsaPssKey) {
  const Keys keys = make_keys(EkKind::kRsa2048, AkKind::kRsapss2048);
  list(keys);
  expect_active(keys, true, 1);
}

TEST_F(EnrolmentEndToEnd, WithEccKeysAndAPinnedEk) {
  const Keys keys = make_keys(EkKind::kEccP256, AkKind::kEcdsaP256);
  list(keys);
  expect_active(keys, false, 1);
}

TEST_F(EnrolmentEndToEnd, WithAnEkOfP384) {
  const Keys keys = make_keys(EkKind::kEccP384, AkKind::kEcdsaP256);
  list(keys);
  expect_active(keys, true, 1);
}

TEST_F(EnrolmentEndToEnd, WithoutARuleTheHostIsPendingThenAdmitted) {
  const Keys keys = make_keys(EkKind::kEccP256, AkKind::kEcdsaP256);
  const Result<EnrolmentOutcome> outcome = enrol(request(keys, true), operations(keys, keys));
  ASSERT_TRUE(outcome) << outcome.error().to_string();
  EXPECT_TRUE(std::holds_alternative<EnrolmentPending>(*outcome));
  list(keys);
  expect_active(keys, true, 1);
}

TEST_F(EnrolmentEndToEnd, TheSameAgainIsUnchangedAndANewAkIsANewGeneration) {
  std::optional<Keys> keys = make_keys(EkKind::kEccP256, AkKind::kEcdsaP256);
  list(*keys);
  expect_active(*keys, true, 1);
  expect_active(*keys, true, 1);
  keys.reset();
  keys = make_keys(EkKind::kEccP256, AkKind::kEcdsaP256);
  expect_active(*keys, true, 2);
}

TEST_F(EnrolmentEndToEnd, AnEkThatNobodyVouchesForIsRefused) {
  const Keys keys = make_keys(EkKind::kRsa2048, AkKind::kRsassa2048);
  const Result<EnrolmentOutcome> outcome = enrol(request(keys, false), operations(keys, keys));
  ASSERT_TRUE(outcome) << outcome.error().to_string();
  ASSERT_TRUE(std::holds_alternative<EnrolmentRefused>(*outcome));
  EXPECT_EQ(registrar.hosts.size(), 0U);
}

TEST_F(EnrolmentEndToEnd, Cve2021_3406_TheTpmReleasesNoSecretForAnotherAk) {
  const Keys claimed = make_keys(EkKind::kRsa2048, AkKind::kRsassa2048);
  const Keys other = make_keys(claimed.ek, AkKind::kRsassa2048);
  list(claimed);
  const Result<EnrolmentOutcome> outcome = enrol(request(claimed, true), operations(other, other));
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code, ErrorCode::kTpm);
  EXPECT_EQ(registrar.hosts.size(), 0U);
}

TEST_F(EnrolmentEndToEnd, Cve2022_1053_AQuoteByAnotherAkIsRefused) {
  const Keys claimed = make_keys(EkKind::kRsa2048, AkKind::kRsassa2048);
  const Keys other = make_keys(claimed.ek, AkKind::kRsassa2048);
  list(claimed);
  const Result<EnrolmentOutcome> outcome =
      enrol(request(claimed, true), operations(claimed, other));
  ASSERT_TRUE(outcome) << outcome.error().to_string();
  EXPECT_TRUE(std::holds_alternative<EnrolmentRefused>(*outcome));
  EXPECT_EQ(registrar.hosts.size(), 0U);
}

}  // namespace
}  // namespace quotemill
