// Rows of the list of hostile inputs where the *state* after the input is what matters: all of it
// through judge() and the commit stage, on one host that was trusted before.
#include <gmock/gmock.h>

#include "engine/crypto/hash.h"
#include "engine/evidence/receipt.h"
#include "engine/tpm/constants.h"
#include "tests/engine/pipeline/small_engine.h"

namespace quotemill {
namespace {

using testing::baseline_of;
using ::testing::Contains;
using ::testing::ElementsAre;
using testing::EvidenceDraft;
using ::testing::IsSupersetOf;
using testing::measured;
using testing::Measured;
using testing::policy_of;
using testing::SmallEngine;
using testing::SoftwareHost;

constexpr std::int64_t kMinute = 60'000;

class TrustedHost : public ::testing::Test {
 protected:
  TrustedHost() {
    engine.enrol(host);
    engine.attest(host);
    EXPECT_EQ(trust(), TrustState::kTrusted);
    pass(kMinute);
  }

  TrustState trust() { return engine.state(host).state; }

  // Time goes by, here and in the TPM.
  void pass(std::int64_t ms) {
    engine.clock.advance(ms);
    host.clock.clock_ms += static_cast<std::uint64_t>(ms);
  }

  // The same log, only some of its events.
  Reply attest_with_log(const std::vector<Measured>& events) {
    Submission submission = engine.submission(host);
    submission.boot_log = log_of(events, host.banks, host.locality);
    return engine.commit(engine.judge(std::move(submission)));
  }

  std::vector<Measured> boot_without(std::uint32_t pcr) const {
    std::vector<Measured> boot = host.boot;
    std::erase_if(boot, [pcr](const Measured& event) { return event.pcr == pcr; });
    return boot;
  }

  SoftwareHost host;
  SmallEngine engine{default_policy(), {baseline_of(SoftwareHost())}};
};

using StateCve = TrustedHost;
using StateDesign = TrustedHost;

// --- CVE-2022-3500: rogue input after a good attestation must not leave the host attested.

TEST_F(StateCve, Cve2022_3500_MalformedEvidenceAfterAGoodAttestationFails) {
  for (const Bytes& item : {Bytes{}, Bytes(1, 0xFF), Bytes(5000, 0x41), Bytes(40, 0)}) {
    const Reply reply =
        engine.attest(host, {}, [&item](Submission& submission) { submission.item = item; });
    EXPECT_EQ(reply.kind, ReplyKind::kReceipt) << "a verdict, not an error";
    EXPECT_EQ(trust(), TrustState::kFailed);
    EXPECT_THAT(engine.blame(host), ElementsAre(FindingCode::kEvidenceMalformed));
    engine.attest(host);
    EXPECT_EQ(trust(), TrustState::kTrusted) << "and it heals by good evidence";
  }
}

TEST_F(StateCve, Cve2022_3500_SilenceAfterAGoodAttestationTurnsStale) {
  pass(10 * kMinute);
  engine.settle();
  EXPECT_EQ(trust(), TrustState::kStale);
}

TEST_F(StateCve, Cve2022_3500_AWithheldLogAfterAGoodAttestationFails) {
  host.reboot();
  host.boot.push_back(measured(9, event_type::kIpl, "evil"));
  Submission submission = engine.submission(host);
  EXPECT_EQ(engine.commit(engine.judge(submission)).kind, ReplyKind::kNeedLog);
  EXPECT_EQ(trust(), TrustState::kTrusted) << "not yet";
  submission.foregone = FindingCode::kLogWithheld;
  engine.commit(engine.judge(submission));
  EXPECT_EQ(trust(), TrustState::kFailed);
  EXPECT_THAT(engine.blame(host), ElementsAre(FindingCode::kLogWithheld));
}

// Asking for the log again and again must not keep the host green beyond its deadline.
TEST_F(StateCve, Cve2022_3500_NeedsThatAreNeverMetDoNotKeepTheHostFresh) {
  host.reboot();
  for (int i = 0; i < 6; ++i) {
    engine.commit(engine.judge(engine.submission(host)));
    pass(kMinute);
    engine.settle();
  }
  EXPECT_EQ(trust(), TrustState::kStale);
}

TEST_F(StateCve, Cve2022_3500_ABadQuoteAfterAGoodAttestationFails) {
  engine.attest(host, [](EvidenceDraft& draft) {
    draft.change_attest = [](Bytes& attest) { attest[0] = 0; };
  });
  EXPECT_EQ(trust(), TrustState::kFailed);
  EXPECT_THAT(engine.blame(host), ElementsAre(FindingCode::kQuoteMalformed));
}

// --- CVE-2021-42299: a bank that firmware left alone.

TEST_F(StateCve, Cve2021_42299_AnUnextendedBankFails) {
  host.reboot();
  host.boot.clear();
  host.locality = 0;
  engine.attest(host);
  EXPECT_EQ(trust(), TrustState::kFailed);
  EXPECT_THAT(engine.blame(host), Contains(FindingCode::kBootPcrUnextended));
  EXPECT_FALSE(engine.state(host).proof &&
               engine.state(host).proof->reset_count == host.clock.reset_count);
}

// The attacker fills the untouched SHA-384 bank with the golden events, after having booted evil:
// nobody asked for that bank.
TEST_F(StateCve, Cve2021_42299_AnotherBankThanAskedFails) {
  engine.attest(host, [this](EvidenceDraft& draft) {
    draft.selections = {{HashAlgorithm::kSha384, host.selection.mask}};
    draft.quoted = {host.pcrs(HashAlgorithm::kSha384, host.selection.mask)};
    draft.sent = draft.quoted;
  });
  EXPECT_EQ(trust(), TrustState::kFailed);
  EXPECT_THAT(engine.blame(host), Contains(FindingCode::kQuoteSelection));
}

// --- CVE-2022-0317: unverified PCRs used.

TEST_F(StateCve, Cve2022_0317_NoOrFewerOrMorePcrsFail) {
  const auto over = [](std::uint32_t mask) {
    return [mask](EvidenceDraft& draft) {
      draft.selections = {{HashAlgorithm::kSha256, mask}};
      if (mask == 0) {
        draft.selections.clear();
      }
    };
  };
  for (const std::uint32_t mask : {0U, 1U, 0x00FFU, 0x43FFU & ~0x80U, 0xFFFFFFU}) {
    engine.attest(host, over(mask));
    EXPECT_EQ(trust(), TrustState::kFailed) << mask;
    EXPECT_THAT(engine.blame(host), Contains(FindingCode::kQuoteSelection));
  }
}

TEST_F(StateCve, Cve2022_0317c_AQuoteOfOnePcrThenOneOfAnotherIsNoUnion) {
  for (const std::uint32_t mask : {0x0FU, 0x43F0U}) {
    engine.attest(host, [&](EvidenceDraft& draft) {
      draft.selections = {{HashAlgorithm::kSha256, mask}};
      draft.quoted = {host.pcrs(HashAlgorithm::kSha256, mask)};
      draft.sent = draft.quoted;
    });
    EXPECT_EQ(trust(), TrustState::kFailed);
  }
}

// --- CVE-2022-1053: another AK between the identity check and the quote.

TEST_F(StateCve, Cve2022_1053_AQuoteByTheFormerKeyFailsAfterANewEnrolment) {
  SoftwareHost renewed(KeyKind::kEcP256, 33);
  renewed.record().uid = host.record().uid;
  renewed.record().name = host.record().name;
  renewed.record().ek_sha256 = host.record().ek_sha256;
  renewed.record().generation = 2;
  engine.enrol(renewed);
  EXPECT_EQ(trust(), TrustState::kUnknown);
  // The old key, and everything else as the new enrolment has it.
  engine.attest(renewed, [this](EvidenceDraft& draft) { draft.key = host.key; });
  EXPECT_EQ(trust(), TrustState::kFailed);
  EXPECT_THAT(engine.blame(host), ElementsAre(FindingCode::kQuoteSignature));
  engine.attest(renewed);
  EXPECT_EQ(trust(), TrustState::kTrusted);
}

TEST_F(StateCve, Cve2022_1053_AQuoteByTheNewKeyIsNothingBeforeItsEnrolment) {
  const SoftwareHost other(KeyKind::kEcP256, 34);
  engine.attest(host, [&](EvidenceDraft& draft) { draft.key = other.key; });
  EXPECT_EQ(trust(), TrustState::kFailed);
}

// What was judged with the old key while the enrolment was written is dropped.
TEST_F(StateCve, Cve2022_1053_AResultOfTheFormerKeyIsDropped) {
  const Judgement judgement = engine.judge(engine.submission(host));
  ++host.record().generation;
  engine.put(host, true);
  EXPECT_EQ(engine.commit(judgement).kind, ReplyKind::kError);
  EXPECT_EQ(trust(), TrustState::kUnknown);
}

// --- CVE-2026-6420: a nonce that is fixed.

TEST_F(StateCve, Cve2026_6420_AReplayAgainstTheNextChallengeFails) {
  const Submission first = engine.submission(host);
  engine.commit(engine.judge(first));
  EXPECT_EQ(trust(), TrustState::kTrusted);
  engine.attest(host, {}, [&first](Submission& next) {
    EXPECT_NE(next.challenge.nonce, first.challenge.nonce);
    next.item = first.item;
  });
  EXPECT_EQ(trust(), TrustState::kFailed);
  EXPECT_THAT(engine.blame(host),
              IsSupersetOf({FindingCode::kEvidenceIdentity, FindingCode::kQuoteNonce}));
}

TEST_F(StateCve, Cve2026_6420_NoTwoReceiptsCarryTheSameNonce) {
  std::vector<Nonce> nonces;
  for (int i = 0; i < 40; ++i) {
    pass(kMinute);
    const Result<Receipt> receipt = decode_receipt(engine.attest(host).body);
    ASSERT_TRUE(receipt);
    if (receipt->next_nonce) {
      EXPECT_THAT(nonces, ::testing::Not(Contains(*receipt->next_nonce)));
      nonces.push_back(*receipt->next_nonce);
    }
  }
  EXPECT_GT(nonces.size(), 20U);
}

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
