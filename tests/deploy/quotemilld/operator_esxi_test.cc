// What operators are told of ESXi hosts.
#include <gmock/gmock.h>

#include "bench/fleet/esxi_boot_model.h"
#include "bench/fleet/plain_replay.h"
#include "engine/esxi/log/kept_log.h"
#include "engine/identity/ek_certificate.h"
#include "tests/deploy/quotemilld/operator_fixture.h"
#include "tests/engine/esxi/image/model_images.h"
#include "tests/support/certificate_builder.h"

namespace quotemill::daemon {
namespace {

using bench::EsxiFault;
using ::testing::HasSubstr;
using ::testing::Not;
using transport::Json;

constexpr const char* kPolicy =
    "[policy]\nid = \"esxi\"\npriority = 5\n[match]\nnames = [\"esx-*\"]\n[quote]\n"
    "pcrs = [0, 1, 2, 3, 4, 5, 6, 7, 11, 12, 13, 14]\n[esxi]\nimage = \"fail\"\n";

class OperatorEsxiTest : public OperatorFixture {
 protected:
  void SetUp() override {
    OperatorFixture::SetUp();
    ask("policy.apply", {{"texts", {kPolicy}}, {"operator", "alice"}});
  }

  // As if a quote had proven what the host booted, and an appraisal had come to this.
  HostRecord booted(const std::string& name, EsxiFault fault, TrustState trust,
                    Findings findings = {}) {
    HostRecord record = host_record(++number_, name, LifeCycle::kActive);
    record.ek_certificate = name_of_ek_certificate(ek_certificate_);
    CommitBatch batch;
    batch.ek_certificates = {{record.uid, record.ek_certificate->sha256, ek_certificate_}};
    EXPECT_TRUE(store_.commit(batch));
    add(record);
    bench::EsxiBootModel model;
    model.image = std::make_shared<const bench::EsxiImageModel>(bench::esxi_image(3, 40));
    model.other_image = model.image;
    model.asset_tag = "rack-17";
    model.fault = fault;
    const bench::EsxiBootLog boot = bench::write_esxi_boot_log(model);
    Bytes log = boot.log;
    drop_secrets(log);
    prove(record, log);
    auto state = std::make_shared<HostState>(*hosts_.find(record.uid)->state);
    auto proof = std::make_shared<BootProof>(*state->proof);
    proof->pcrs = KnownPcrs(bench::plain_replay(boot.measured, {HashAlgorithm::kSha256, 0x78FF}));
    state->proof = proof;
    state->state = trust;
    state->verdict.findings = std::move(findings);
    state->counters = CounterRecord{{}, 0x0007'0002'0000'0000, {}, {1'700'000'001'000}};
    hosts_.put_state(state);
    return record;
  }

  // As if the host had been trusted with the image as it was shipped.
  void good_before(const HostRecord& record) {
    bench::EsxiBootModel model;
    model.image = std::make_shared<const bench::EsxiImageModel>(bench::esxi_image(3, 40));
    model.asset_tag = "rack-17";
    const Bytes log = bench::write_esxi_boot_log(model).log;
    HistoryEntry appraisal;
    appraisal.host = record.uid;
    appraisal.sequence = 1;
    appraisal.generation = record.generation;
    appraisal.time = {1'700'000'000'000};
    appraisal.verdict.state = TrustState::kTrusted;
    appraisal.boot_log = hash(HashAlgorithm::kSha256, as_bytes("good log"));
    CommitBatch batch;
    batch.boot_logs = {{appraisal.boot_log, log}};
    batch.history = {appraisal};
    ASSERT_TRUE(store_.commit(batch));
  }

  void approve() {
    const auto baseline = quotemill::testing::image_baseline(
        quotemill::testing::image_of(bench::esxi_image(3, 40)), true);
    ASSERT_TRUE(committer_.change([&](const RegistryView&) -> Result<IdentityUpdate> {
      IdentityUpdate update;
      update.baseline = baseline;
      return update;
    }));
  }

  const Bytes ek_certificate_ =
      quotemill::testing::self_signed({.common_name = "EK CA", .critical_tcg_san = true},
                                      quotemill::testing::SigningKey::generate(KeyKind::kEcP256))
          .der();
  std::uint8_t number_ = 0;
};

TEST_F(OperatorEsxiTest, TellsWhatAnAdministratorOfVSphereLooksFor) {
  approve();
  booted("esx-1", EsxiFault::kNone, TrustState::kTrusted);
  const Json esxi = ask("host", {{"host", "esx-1"}})["esxi"];
  EXPECT_EQ(esxi["attestation"]["status"], "Passed") << esxi;
  EXPECT_EQ(esxi["attestation"]["colour"], "green");
  EXPECT_EQ(esxi["attestation"]["key"], "esxi.accepted");
  EXPECT_EQ(esxi["image"]["name"], "ESXi-8.0.3-24280770-standard");
  EXPECT_EQ(esxi["image"]["match"], "exact");
  EXPECT_EQ(esxi["image"]["approved"], true);
  EXPECT_EQ(esxi["version"], "8.0.3");
  EXPECT_EQ(esxi["build"], "24280770");
  EXPECT_EQ(esxi["secure_boot"]["state"], "on");
  EXPECT_EQ(esxi["txt"], "not_launched");
  EXPECT_EQ(esxi["tpm"]["manufacturer"], "TEST");
  EXPECT_EQ(esxi["tpm"]["model"], "Test");
  EXPECT_EQ(esxi["tpm"]["firmware"], "0x0007000200000000");
  EXPECT_EQ(esxi["tpm"]["ek_sha256"], std::string(64, '1'));
  EXPECT_THAT(esxi["tpm"]["ek_issuer"].get<std::string>(), HasSubstr("CN="));
  EXPECT_EQ(esxi["last_attested"], "2023-11-14T22:13:21.000Z");
  EXPECT_EQ(esxi["asset_tag"], "rack-17");
  EXPECT_EQ(esxi["secret_typed"], false);
}

TEST_F(OperatorEsxiTest, TellsCauseAndRemedyOfAFailure) {
  Finding finding;
  finding.code = FindingCode::kEsxiSecureBoot;
  finding.subject = "off";
  booted("esx-1", EsxiFault::kSecureBootOff, TrustState::kFailed, {finding});
  const Json esxi = ask("host", {{"host", "esx-1"}})["esxi"];
  EXPECT_EQ(esxi["attestation"]["status"], "Failed") << esxi;
  EXPECT_EQ(esxi["attestation"]["colour"], "red");
  EXPECT_EQ(esxi["attestation"]["message"], "Secure Boot is off");
  EXPECT_EQ(esxi["attestation"]["vsphere"], "Host secure boot was disabled");
  EXPECT_THAT(esxi["attestation"]["remedy"].get<std::string>(), HasSubstr("UEFI Secure Boot"));
  EXPECT_EQ(esxi["secure_boot"]["state"], "off");
  EXPECT_EQ(esxi["image"], nullptr) << "no image is known";
  EXPECT_EQ(esxi["version"], "8.0.3") << "the boot loader's record tells it";
}

TEST_F(OperatorEsxiTest, ListsWhatAPolicyMaySayOfWhatStartedAGoodHost) {
  booted("esx-1", EsxiFault::kNone, TrustState::kTrusted);
  const Json esxi = ask("host", {{"host", "esx-1"}})["esxi"];
  ASSERT_EQ(esxi["loaders"].size(), 2U) << esxi;
  ASSERT_EQ(esxi["authorities"].size(), 1U);
  ASSERT_EQ(esxi["signers"].size(), 1U);
  bench::EsxiBootModel model;
  model.image = std::make_shared<const bench::EsxiImageModel>(bench::esxi_image(3, 40));
  const std::string rules = esxi_rules_of(model);
  for (const char* const list : {"loaders", "authorities", "signers"}) {
    for (const Json& digest : esxi[list]) {
      EXPECT_THAT(rules, HasSubstr(digest.get<std::string>())) << list;
    }
  }
}

TEST_F(OperatorEsxiTest, TellsWhatChangedSinceTheLastGoodBootByModuleAndVib) {
  approve();
  const HostRecord host = booted("esx-1", EsxiFault::kChangedModule, TrustState::kFailed);
  EXPECT_EQ(ask("host", {{"host", "esx-1"}})["esxi"]["changes"], nullptr) << "nothing is known yet";
  good_before(host);
  const Json changes = ask("host", {{"host", "esx-1"}})["esxi"]["changes"];
  ASSERT_TRUE(changes.is_object());
  ASSERT_EQ(changes["modules"].size(), 1U) << changes;
  EXPECT_EQ(changes["modules"][0]["module"], "vmx.v00");
  EXPECT_EQ(changes["modules"][0]["vib_before"], "esx-base 8.0.3-0.0.24280770");
  EXPECT_EQ(changes["modules"][0]["vib_after"], nullptr);
  EXPECT_TRUE(changes["vibs"].empty());
}

TEST_F(OperatorEsxiTest, GroupsHostsByWhatTheyAreNotTrustedFor) {
  Finding bank{.code = FindingCode::kEsxiLogBank, .severity = Severity::kFail};
  bank.subject = "only SHA-1 is left";
  for (const char* const name : {"esx-1", "esx-2", "esx-3"}) {
    booted(name, EsxiFault::kNone, TrustState::kFailed, {bank});
  }
  Finding secret{.code = FindingCode::kEsxiLogSecret, .severity = Severity::kWarning};
  booted("esx-4", EsxiFault::kNone, TrustState::kWarning, {secret});
  booted("esx-5", EsxiFault::kNone, TrustState::kTrusted);
  const Json causes = ask("status")["hosts"]["causes"];
  ASSERT_EQ(causes.size(), 2U) << causes;
  EXPECT_EQ(causes[0]["hosts"], 3U);
  EXPECT_EQ(causes[0]["state"], "failed");
  EXPECT_EQ(causes[0]["code"], "esxi.log.bank");
  EXPECT_EQ(causes[0]["examples"].size(), 3U);
  EXPECT_EQ(causes[1]["hosts"], 1U);
  EXPECT_EQ(causes[1]["code"], "esxi.log.secret");
}

TEST_F(OperatorEsxiTest, TellsNothingOfALogThatIsNotInOrder) {
  booted("esx-1", EsxiFault::kOptionsAsCommandLine, TrustState::kFailed);
  const Json esxi = ask("host", {{"host", "esx-1"}})["esxi"];
  EXPECT_EQ(esxi["layout"], "loader");
  for (const char* const field : {"image", "version", "build", "secure_boot", "txt", "asset_tag"}) {
    EXPECT_EQ(esxi[field], nullptr) << field;
  }
}

TEST_F(OperatorEsxiTest, TellsThatASecretWasTypedAndNotWhich) {
  booted("esx-1", EsxiFault::kSecretTyped, TrustState::kWarning);
  const Json host = ask("host", {{"host", "esx-1"}});
  EXPECT_EQ(host["esxi"]["secret_typed"], true) << host;
  EXPECT_THAT(host.dump(), Not(HasSubstr(std::string(bench::kTypedRecoveryKey))));
}

TEST_F(OperatorEsxiTest, ListsAttestationsOfEsxiHostsAlone) {
  booted("esx-1", EsxiFault::kNone, TrustState::kTrusted);
  add(host_record(8, "esx-2", LifeCycle::kActive));
  add(host_record(9, "linux", LifeCycle::kActive));
  const Json rows = ask("hosts")["hosts"];
  ASSERT_EQ(rows.size(), 3U);
  EXPECT_EQ(rows[0]["attestation"]["status"], "Passed");
  EXPECT_EQ(rows[1]["attestation"]["status"], "N/A");
  EXPECT_EQ(rows[1]["attestation"]["colour"], "grey");
  EXPECT_EQ(rows[2]["attestation"], nullptr);
  EXPECT_EQ(ask("host", {{"host", "linux"}})["esxi"], nullptr);
  EXPECT_EQ(ask("host", {{"host", "esx-2"}})["esxi"]["attestation"]["key"], "esxi.not_attested");
}

}  // namespace
}  // namespace quotemill::daemon
