// Rows of the list of hostile inputs that no CVE names, where the *state* after the input is what
// matters: a TPM's life, logs that leave something out, and evidence that exercises no rule.
#include <gmock/gmock.h>

#include "tests/engine/pipeline/trusted_host.h"

namespace quotemill {
namespace {

using testing::baseline_of;
using ::testing::Contains;
using ::testing::ElementsAre;
using testing::EvidenceDraft;
using testing::kMinute;
using testing::measured;
using testing::Measured;
using testing::policy_of;
using testing::SmallEngine;
using testing::SoftwareHost;

using StateDesign = testing::TrustedHost;

// --- A TPM's life

TEST_F(StateDesign, TpmReset_ARebootThatIsReportedIsFine) {
  host.reboot();
  engine.attest(host);
  EXPECT_EQ(trust(), TrustState::kTrusted);
  EXPECT_THAT(testing::codes(engine.state(host).verdict.findings),
              Contains(FindingCode::kBootRebooted));
}

TEST_F(StateDesign, TpmReset_ANewBootIdWithoutAResetFailsAndStaysSo) {
  host.boot_id.front() ^= 0x55;
  for (int i = 0; i < 3; ++i) {
    pass(kMinute);
    engine.attest(host);
    EXPECT_EQ(trust(), TrustState::kFailed) << "it does not heal by itself";
    EXPECT_THAT(engine.blame(host), ElementsAre(FindingCode::kBootKexec));
  }
  host.reboot();
  engine.attest(host);
  EXPECT_EQ(trust(), TrustState::kTrusted);
}

TEST_F(StateDesign, TpmReset_AResetThatIsNotReportedFailsAndStaysSo) {
  ++host.clock.reset_count;
  for (int i = 0; i < 3; ++i) {
    pass(kMinute);
    engine.attest(host);
    EXPECT_EQ(trust(), TrustState::kFailed);
    EXPECT_THAT(engine.blame(host), ElementsAre(FindingCode::kBootResetUnreported));
  }
}

TEST_F(StateDesign, TpmReset_PerfectPcrsReplayedAfterAResetNeedTheLogAgain) {
  // The PCRs were reset and the golden values extended by software.
  host.reboot();
  EXPECT_EQ(engine.judge(engine.submission(host)).kind, JudgementKind::kNeedLog);
}

TEST_F(StateDesign, TpmReset_AClearedTpmFails) {
  host.clock = {1000, 0, 0, true};
  ++host.boot_id.front();
  engine.attest(host);
  EXPECT_EQ(trust(), TrustState::kFailed);
  EXPECT_THAT(engine.blame(host), ElementsAre(FindingCode::kTpmCleared));
}

TEST_F(StateDesign, Relay_AQuoteOfAnotherEnrolledTpmFails) {
  SoftwareHost other(KeyKind::kEcP256, 1);
  engine.enrol(other);
  const Submission honest = engine.submission(other);
  engine.attest(host, {}, [&](Submission& submission) { submission.item = honest.item; });
  EXPECT_EQ(trust(), TrustState::kFailed);
  EXPECT_THAT(engine.blame(host), Contains(FindingCode::kQuoteSignature));
}

// --- Logs

TEST_F(StateDesign, DroppedEvents_AllOfPcr4Or7DroppedFails) {
  for (const std::uint32_t pcr : {4U, 7U}) {
    host.reboot();
    attest_with_log(boot_without(pcr));
    EXPECT_EQ(trust(), TrustState::kFailed);
    EXPECT_THAT(engine.blame(host), ElementsAre(FindingCode::kLogNoEvents));
    EXPECT_NE(engine.state(host).proof->reset_count, host.clock.reset_count) << "nothing is proven";
  }
}

// Whatever else is in the log, a proof that is not complete is never a proof.
TEST_F(StateDesign, DroppedEvents_AnUnprovenLogIsAskedForAgain) {
  host.reboot();
  attest_with_log(boot_without(4));
  pass(kMinute);
  EXPECT_EQ(engine.judge(engine.submission(host)).kind, JudgementKind::kNeedLog);
  engine.attest(host);
  EXPECT_EQ(trust(), TrustState::kTrusted);
}

TEST_F(StateDesign, DroppedEvents_NeverMeasuredAtAllFails) {
  // The machine did not measure the boot loader: PCR 4 has its separator only, and the log agrees.
  host.reboot();
  std::erase_if(host.boot, [](const Measured& event) {
    return event.pcr == 4 && event.type == event_type::kEfiBootServicesApplication;
  });
  engine.attest(host);
  EXPECT_EQ(trust(), TrustState::kFailed);
  EXPECT_THAT(engine.blame(host),
              ElementsAre(FindingCode::kBootEventMissing, FindingCode::kBootEventMissing,
                          FindingCode::kBootEventMissing));
}

// GO-2026-6893 and event-log disclosure: the type of an event is not measured. Here every PCR 7
// event is retagged, and the attacker's own are appended and extended for real.
TEST_F(StateDesign, Go2026_6893_RetaggedEventsDoNotHideAppendedOnes) {
  host.reboot();
  for (Measured& event : host.boot) {
    if (event.pcr == 7) {
      event.type = 0x7FFF0001;
    }
  }
  host.boot.push_back(measured(7, event_type::kEfiVariableDriverConfig, "SecureBoot"));
  host.boot.push_back(measured(7, event_type::kEfiVariableDriverConfig, "attacker's db"));
  engine.attest(host);
  EXPECT_EQ(trust(), TrustState::kFailed);
  EXPECT_THAT(engine.blame(host),
              ElementsAre(FindingCode::kBootEventUnexpected, FindingCode::kBootEventUnexpected));
}

TEST_F(StateDesign, Go2026_6893_ARetaggedApplicationAndAnOwnOneFail) {
  host.reboot();
  for (Measured& event : host.boot) {
    if (event.type == event_type::kEfiBootServicesApplication) {
      event.type = event_type::kEfiPlatformFirmwareBlob;
    }
  }
  host.boot.push_back(measured(4, event_type::kEfiBootServicesApplication, "evil.efi"));
  engine.attest(host);
  EXPECT_EQ(trust(), TrustState::kFailed);
  EXPECT_THAT(engine.blame(host), ElementsAre(FindingCode::kBootEventUnexpected));
}

TEST_F(StateDesign, Separators_NoneOrTwoOrAnErrorOrEventsBehindFail) {
  const auto is_separator = [](const Measured& event) {
    return event.pcr == 7 && event.type == event_type::kSeparator;
  };
  const std::vector<Measured> good = host.boot;
  const auto fails = [&](const char* what) {
    host.reboot();
    engine.attest(host);
    EXPECT_EQ(trust(), TrustState::kFailed) << what;
    host.boot = good;
  };
  std::erase_if(host.boot, is_separator);
  fails("none");
  host.boot.push_back({7, event_type::kSeparator, Bytes(4, 0), Bytes(4, 0)});
  fails("two");
  host.boot.push_back(measured(7, event_type::kEfiVariableDriverConfig, "db"));
  fails("a variable behind it");
  for (Measured& event : host.boot) {
    if (is_separator(event)) {
      event.measured = event.data = {1, 0, 0, 0};
    }
  }
  fails("an error separator");
}

// The log of boot N with the PCRs of boot N + 1: benign, and told as what it may be.
TEST_F(StateDesign, Hibernation_AnOldLogHasItsOwnMessage) {
  const std::vector<Measured> old_boot = host.boot;
  host.reboot();
  host.boot.push_back(measured(9, event_type::kIpl, "resume image"));
  attest_with_log(old_boot);
  EXPECT_EQ(trust(), TrustState::kFailed);
  EXPECT_THAT(engine.blame(host), ElementsAre(FindingCode::kLogMismatch));
  EXPECT_THAT(std::string(remedy_of(FindingCode::kLogMismatch)),
              ::testing::HasSubstr("another boot"));
}

// --- Evidence that exercises no rule must not be green.

TEST(StateNoRule, DeletedInformation_NoBaselineIsAWarning) {
  SoftwareHost host;
  SmallEngine engine;
  engine.enrol(host);
  engine.attest(host);
  EXPECT_EQ(engine.state(host).state, TrustState::kWarning);
  EXPECT_THAT(engine.blame(host), ElementsAre(FindingCode::kBootBaselineAbsent));
}

TEST(StateNoRule, DeletedInformation_NoComparedPcrIsAWarning) {
  SoftwareHost host;
  SmallEngine engine(policy_of("[boot]\ncompare = []\n"), {baseline_of(host)});
  engine.enrol(host);
  engine.attest(host);
  EXPECT_EQ(engine.state(host).state, TrustState::kWarning);
}

TEST(StateNoRule, DeletedInformation_NoComparisonIsAWarning) {
  SoftwareHost host;
  SmallEngine engine(policy_of("[boot]\nmismatch = \"off\"\n"), {baseline_of(host)});
  engine.enrol(host);
  engine.attest(host);
  EXPECT_EQ(engine.state(host).state, TrustState::kWarning);
  EXPECT_THAT(engine.blame(host), ElementsAre(FindingCode::kPolicyNoRule));
}

TEST(StateNoRule, DeletedInformation_NoLogIsNeverGreenWhateverThePolicySays) {
  for (const char* const action : {"off", "info", "warn", "fail"}) {
    SoftwareHost host;
    SmallEngine engine(policy_of("[boot]\nlog = \"" + std::string(action) + "\"\n"),
                       {baseline_of(host)});
    engine.enrol(host);
    engine.attest(host, [](EvidenceDraft& draft) { draft.header.boot_log_bytes = 0; });
    EXPECT_NE(engine.state(host).state, TrustState::kTrusted) << action;
    EXPECT_NE(engine.state(host).state, TrustState::kUnknown) << action;
  }
}

}  // namespace
}  // namespace quotemill
