// What administrators of ESXi hosts read, from evidence and state.
#include "engine/verdict/esxi_attestation.h"

#include <gmock/gmock.h>

#include "tests/engine/pipeline/esxi_scenarios.h"

namespace quotemill {
namespace {

using bench::EsxiFault;
using testing::attested_esxi;
using testing::esxi_with_fault;
using testing::EsxiEngine;
using testing::has_code;
using ::testing::HasSubstr;

TEST(EsxiAttestation, AnApprovedImageThatIsSignedHasPassed) {
  const HostState state = esxi_with_fault(EsxiFault::kNone);
  const EsxiAttestation attestation = esxi_attestation(state);
  EXPECT_EQ(attestation.status, AttestationStatus::kPassed)
      << ::testing::PrintToString(testing::codes(state.verdict.findings));
  EXPECT_EQ(colour_of(attestation.status), "green");
  EXPECT_EQ(attestation.key, "esxi.accepted");
}

TEST(EsxiAttestation, AHostThatNeverAttestedIsNotApplicable) {
  const EsxiAttestation attestation = esxi_attestation(EsxiEngine().state());
  EXPECT_EQ(name_of(attestation.status), "N/A");
  EXPECT_EQ(colour_of(attestation.status), "grey");
  EXPECT_EQ(attestation.key, "esxi.not_attested");
  EXPECT_FALSE(attestation.remedy.empty());
}

TEST(EsxiAttestation, AChangedModuleFailsByTheNameOfItsVib) {
  const EsxiAttestation attestation = esxi_attestation(esxi_with_fault(EsxiFault::kChangedModule));
  EXPECT_EQ(attestation.status, AttestationStatus::kFailed);
  EXPECT_EQ(colour_of(attestation.status), "red");
  EXPECT_EQ(attestation.key, "esxi.module.changed");
  EXPECT_THAT(attestation.message, HasSubstr("PCR 13, event"));
  EXPECT_THAT(attestation.message, HasSubstr("vmx.v00"));
  EXPECT_THAT(attestation.message, HasSubstr("esx-base"));
}

// The raw log of an older host, launched by TXT: quoted, sent, judged, kept, and judged again.
TEST(EsxiAttestation, ALaunchedHostIsTrustedByItsOwnLaunchAlone) {
  EsxiEngine engine;
  bench::EsxiBootModel launched = engine.model;
  launched.is_launched = true;
  EsxiEngine txt(bench::esxi_rules_of(launched), testing::model_images(),
                 "pcrs = [0, 2, 7, 17, 18, 19, 20, 21]\n");
  txt.model = launched;
  const HostState good = attested_esxi(txt);
  EXPECT_EQ(esxi_attestation(good).status, AttestationStatus::kPassed)
      << ::testing::PrintToString(testing::codes(good.verdict.findings));
  ASSERT_NE(good.proof, nullptr);
  EXPECT_TRUE(txt.engine.store.boot_log(good.proof->log));
  txt.model.firmware = "another launch";
  txt.engine.clock.advance(1'000);
  const HostState other = attested_esxi(txt);
  EXPECT_TRUE(has_code(other, FindingCode::kEsxiLoader))
      << ::testing::PrintToString(testing::codes(other.verdict.findings));
  EXPECT_EQ(esxi_attestation(other).status, AttestationStatus::kFailed);
}

TEST(EsxiAttestation, SpeaksOfSecureBootInVSpheresWords) {
  const EsxiAttestation attestation = esxi_attestation(esxi_with_fault(EsxiFault::kSecureBootOff));
  EXPECT_EQ(attestation.key, "esxi.secure_boot");
  EXPECT_EQ(attestation.vsphere, "Host secure boot was disabled");
}

TEST(EsxiAttestation, SilenceIsAWarningThatClearsItself) {
  EsxiEngine engine;
  engine.attest();
  engine.engine.clock.advance(10LL * 60 * 1000);
  engine.engine.settle();
  EXPECT_EQ(esxi_attestation(engine.state()).status, AttestationStatus::kWarning);
  EXPECT_EQ(esxi_attestation(engine.state()).key, "stale.no_contact");
  engine.attest();
  EXPECT_EQ(esxi_attestation(engine.state()).status, AttestationStatus::kPassed);
}

TEST(EsxiAttestation, AFailedHostStaysRedWhenItFallsSilent) {
  EsxiEngine engine;
  engine.model.fault = EsxiFault::kChangedModule;
  engine.attest();
  engine.engine.clock.advance(10LL * 60 * 1000);
  engine.engine.settle();
  ASSERT_EQ(engine.state().state, TrustState::kStale);
  const EsxiAttestation attestation = esxi_attestation(engine.state());
  EXPECT_EQ(attestation.status, AttestationStatus::kFailed);
  EXPECT_EQ(attestation.key, "esxi.module.changed");
}

// "One EK on two hosts flags both": the record that both came to is red, and names them.
TEST(EsxiAttestation, TwoMachinesWithOneEkHaveFailedByBothTheirNames) {
  const HostState state = testing::esxi_scenarios().at(FindingCode::kIdentityChanged)();
  const EsxiAttestation attestation = esxi_attestation(state);
  EXPECT_EQ(attestation.status, AttestationStatus::kFailed);
  EXPECT_EQ(colour_of(attestation.status), "red");
  EXPECT_THAT(attestation.message, HasSubstr("esx-1 and esx-2"));
  EXPECT_THAT(std::string(attestation.cause), HasSubstr("cloned"));
  EXPECT_THAT(std::string(attestation.remedy), HasSubstr("pending deny"));
}

}  // namespace
}  // namespace quotemill
