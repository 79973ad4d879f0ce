#include <limits>
#include <optional>

#include <gmock/gmock.h>

#include "engine/appraise/appraise.h"
#include "engine/tpm/public_area.h"
#include "tests/engine/verify/verified.h"

namespace quotemill {
namespace {

using ::testing::AnyOf;
using testing::codes;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;
using testing::QuoteCheck;
using testing::SoftwareHost;

constexpr std::uint32_t kMax32 = 0xFFFFFFFF;

// A host that was attested before with `last`, and now quotes `host.clock`.
class AppraiseQuote : public ::testing::Test {
 protected:
  AppraiseQuote() {
    last.clock = host.clock;
    last.firmware_version = host.firmware_version;
    last.boot_id = host.boot_id;
    last.received = {1'700'000'000'000};
    challenge = host.challenge(1, now);
  }

  Findings appraise() { return appraisal().findings; }

  QuoteAppraisal appraisal() {
    const QuoteCheck check(host, challenge, host.draft(challenge).seal());
    EXPECT_TRUE(check.ok());
    HostState state;
    state.generation = previous_generation;
    if (has_last) {
      state.counters = last;
    }
    return appraise_quote(
        check.quote(),
        {host.record(), state, challenge, received.boot, waiting_since.value_or(received.boot)},
        *Snapshot::compile(policy, {}));
  }

  // Seconds since the nonce was issued, here and in the TPM.
  void lag(std::int64_t elapsed_ms, std::int64_t tpm_ms) {
    challenge.kind = NonceKind::kPreissued;
    received.boot.ms = challenge.issued.ms + elapsed_ms;
    host.clock.clock_ms = last.clock.clock_ms + static_cast<std::uint64_t>(tpm_ms);
  }

  SoftwareHost host;
  CounterRecord last;
  bool has_last = true;
  std::uint32_t previous_generation = 1;
  Policy policy = default_policy();
  Moment now{{1'700'000'000'000}, {500'000}};
  Moment received = now;
  std::optional<BootTime> waiting_since;  // none: read as it came
  Challenge challenge;
};

TEST_F(AppraiseQuote, FindsNothingWhenTheClockGoesOn) {
  EXPECT_THAT(appraise(), IsEmpty()) << "not even when it stands still";
  host.clock.clock_ms += 60'000;
  EXPECT_THAT(appraise(), IsEmpty());
}

TEST_F(AppraiseQuote, FindsNothingWithoutAPast) {
  has_last = false;
  host.clock = {0, 0, 0, false};
  EXPECT_THAT(appraise(), IsEmpty());
}

TEST_F(AppraiseQuote, ForgetsThePastOfAnotherGeneration) {
  previous_generation = 2;
  host.clock = {0, 0, 0, true};
  EXPECT_THAT(appraise(), IsEmpty());
}

struct Life {
  const char* name;
  ClockInfo last;
  ClockInfo now;
  bool same_boot;
  std::vector<std::pair<FindingCode, Severity>> found;
};

using F = FindingCode;

class TpmLife : public AppraiseQuote, public ::testing::WithParamInterface<Life> {};

TEST_P(TpmLife, IsToldByClockCountersAndBootId) {
  last.clock = GetParam().last;
  host.clock = GetParam().now;
  if (!GetParam().same_boot) {
    ++host.boot_id.front();
  }
  std::vector<std::pair<FindingCode, Severity>> found;
  for (const Finding& finding : appraise()) {
    found.emplace_back(finding.code, finding.severity);
  }
  EXPECT_EQ(found, GetParam().found);
}

constexpr Severity kInfo = Severity::kInfo;
constexpr Severity kFail = Severity::kFail;

INSTANTIATE_TEST_SUITE_P(
    All, TpmLife,
    ::testing::Values(
        Life{"SameBoot", {1000, 5, 2, true}, {2000, 5, 2, true}, true, {}},
        Life{"Kexec", {1000, 5, 2, true}, {2000, 5, 2, true}, false, {{F::kBootKexec, kFail}}},
        Life{"ClockBack",
             {1000, 5, 2, true},
             {999, 5, 2, true},
             true,
             {{F::kQuoteClockBackwards, kFail}}},
        Life{"ClockBackUnsafe",
             {1000, 5, 2, true},
             {999, 5, 2, false},
             true,
             {{F::kQuoteClockBackwards, kFail}, {F::kQuoteClockUnsafe, kInfo}}},
        Life{"Resume", {1000, 5, 2, true}, {2000, 5, 3, true}, true, {{F::kBootRestarted, kInfo}}},
        Life{"ResumeWrap",
             {1000, 5, kMax32, true},
             {2000, 5, 0, true},
             true,
             {{F::kBootRestarted, kInfo}}},
        Life{"RestartsBack",
             {1000, 5, 2, true},
             {2000, 5, 1, true},
             true,
             {{F::kBootCountersBackwards, kFail}}},
        Life{"RestartsBackOverWrap",
             {1000, 5, 0, true},
             {2000, 5, kMax32, true},
             true,
             {{F::kBootCountersBackwards, kFail}}},
        Life{"ResumeWithClockBack",
             {1000, 5, 2, true},
             {500, 5, 3, true},
             true,
             {{F::kBootRestarted, kInfo}, {F::kQuoteClockBackwards, kFail}}},
        Life{"Reboot", {1000, 5, 2, true}, {2000, 6, 0, true}, false, {{F::kBootRebooted, kInfo}}},
        Life{"ManyReboots",
             {1000, 5, 2, true},
             {2000, 600, 9, true},
             false,
             {{F::kBootRebooted, kInfo}}},
        Life{"RebootWrap",
             {1000, kMax32, 2, true},
             {2000, 0, 0, true},
             false,
             {{F::kBootRebooted, kInfo}}},
        Life{"RebootHalfTheRange",
             {1000, 0, 0, true},
             {2000, 0x7FFFFFFF, 0, true},
             false,
             {{F::kBootRebooted, kInfo}}},
        Life{"ResetUnreported",
             {1000, 5, 2, true},
             {2000, 6, 0, true},
             true,
             {{F::kBootResetUnreported, kFail}}},
        Life{"RebootAfterPowerLoss",
             {1000, 5, 2, true},
             {900, 6, 0, false},
             false,
             {{F::kBootRebooted, kInfo}, {F::kQuoteClockUnsafe, kInfo}}},
        Life{"RebootWithClockBack",
             {1000, 5, 2, true},
             {900, 6, 0, true},
             false,
             {{F::kBootRebooted, kInfo}, {F::kQuoteClockBackwards, kFail}}},
        Life{"ResetsBack",
             {1000, 5, 2, true},
             {2000, 4, 0, true},
             false,
             {{F::kBootCountersBackwards, kFail}}},
        Life{"ResetsBackOverWrap",
             {1000, 0, 0, true},
             {2000, kMax32, 0, true},
             false,
             {{F::kBootCountersBackwards, kFail}}},
        Life{"ResetsBackByHalfTheRange",
             {1000, 0, 0, true},
             {2000, 0x80000000, 0, true},
             false,
             {{F::kBootCountersBackwards, kFail}}},
        Life{"Cleared",
             {1'000'000, 5, 2, true},
             {100, 0, 0, true},
             false,
             {{F::kTpmCleared, kFail}}},
        Life{"ClearedInTheSameBoot",
             {1'000'000, 5, 2, true},
             {100, 0, 0, true},
             true,
             {{F::kTpmCleared, kFail}}},
        Life{"ClearedBeforeItsFirstReset",
             {1'000'000, 0, 0, true},
             {100, 0, 0, true},
             true,
             {{F::kQuoteClockBackwards, kFail}}}),
    [](const auto& param) { return std::string(param.param.name); });

TEST_F(AppraiseQuote, TellsBothNumbers) {
  host.clock.reset_count += 3;
  ++host.boot_id.front();
  const Findings findings = appraise();
  ASSERT_THAT(codes(findings), ElementsAre(F::kBootRebooted));
  EXPECT_EQ(findings[0].seen_number, host.clock.reset_count);
  EXPECT_EQ(findings[0].expected_number, last.clock.reset_count);
}

TEST_F(AppraiseQuote, FindsAnotherTpmFirmware) {
  host.firmware_version += 1;
  const Findings findings = appraise();
  ASSERT_THAT(codes(findings), ElementsAre(F::kTpmFirmwareChanged));
  EXPECT_EQ(findings[0].severity, Severity::kWarning);
  // Beside whatever else happened.
  host.clock.reset_count += 1;
  EXPECT_THAT(codes(appraise()), ElementsAre(F::kBootResetUnreported, F::kTpmFirmwareChanged));
}

TEST_F(AppraiseQuote, EachRuleCanBeChanged) {
  policy.counters.kexec = RuleAction::kOff;
  ++host.boot_id.front();
  EXPECT_THAT(appraise(), IsEmpty());
  policy.counters.kexec = RuleAction::kWarn;
  EXPECT_EQ(appraise().front().severity, Severity::kWarning);
  host = SoftwareHost();
  ++host.clock.reset_count;
  policy.counters.reset_unreported = RuleAction::kInfo;
  EXPECT_EQ(appraise().front().severity, Severity::kInfo);
  host = SoftwareHost();
  host.clock.safe = false;
  policy.counters.clock_unsafe = RuleAction::kFail;
  EXPECT_EQ(appraise().front().severity, Severity::kFail);
  host = SoftwareHost();
  host.firmware_version = 0;
  policy.counters.tpm_firmware_changed = RuleAction::kOff;
  EXPECT_THAT(appraise(), IsEmpty());
}

TEST_F(AppraiseQuote, NoRuleSwitchesOffCountersThatGoBack) {
  policy.counters = {RuleAction::kOff, RuleAction::kOff, RuleAction::kOff, RuleAction::kOff,
                     RuleAction::kOff};
  --host.clock.reset_count;
  EXPECT_EQ(worst_of(appraise()), kFail);
  host = SoftwareHost();
  --host.clock.clock_ms;
  EXPECT_EQ(worst_of(appraise()), kFail);
}

// --- The lag of a quote over a nonce that was given in advance

TEST_F(AppraiseQuote, FindsAQuoteMadeLongBeforeItWasSent) {
  lag(60'000, 1'000);
  const Findings findings = appraise();
  ASSERT_THAT(codes(findings), ElementsAre(F::kQuoteClockLag));
  EXPECT_EQ(findings[0].severity, kFail);
  EXPECT_EQ(findings[0].seen_number, 1'000U);
  EXPECT_EQ(findings[0].expected_number, 60'000U);
}

TEST_F(AppraiseQuote, BearsWithSlowClocksAndSmallDelays) {
  lag(60'000, 60'000);
  EXPECT_THAT(appraise(), IsEmpty());
  lag(60'000, 41'000);  // 32.5 % slow
  EXPECT_THAT(appraise(), IsEmpty());
  lag(60'000, 60'000 * 67 / 100 - 15'000);
  EXPECT_THAT(appraise(), IsEmpty());
  lag(60'000, 60'000 * 67 / 100 - 15'001);
  EXPECT_THAT(codes(appraise()), ElementsAre(F::kQuoteClockLag));
  lag(15'000, 0);
  EXPECT_THAT(appraise(), IsEmpty());
}

TEST_F(AppraiseQuote, MeasuresNoLagForAFreshChallenge) {
  lag(60'000, 0);
  challenge.kind = NonceKind::kInteractive;
  EXPECT_THAT(appraise(), IsEmpty());
  waiting_since = challenge.issued;
  EXPECT_FALSE(appraisal().may_have_waited);
}

TEST_F(AppraiseQuote, FindsALagThatIsOneByWhenItCame) {
  lag(90'000, 1'000);
  waiting_since = BootTime{challenge.issued.ms + 60'000};
  const QuoteAppraisal found = appraisal();
  ASSERT_THAT(codes(found.findings), ElementsAre(F::kQuoteClockLag));
  EXPECT_EQ(found.findings[0].expected_number, 60'000U) << "what is certain";
  EXPECT_FALSE(found.may_have_waited);
}

TEST_F(AppraiseQuote, FindsNoLagOfWhatMayHaveWaitedHereButSaysThatItMay) {
  lag(90'000, 1'000);
  for (const std::int64_t came_ms : {-60'000, 0, 1'000, 15'000, 23'000}) {
    waiting_since = BootTime{challenge.issued.ms + came_ms};
    const QuoteAppraisal found = appraisal();
    EXPECT_THAT(found.findings, IsEmpty()) << came_ms;
    EXPECT_TRUE(found.may_have_waited) << came_ms;
  }
  waiting_since = BootTime{std::numeric_limits<std::int64_t>::min()};
  EXPECT_TRUE(appraisal().may_have_waited);
}

TEST_F(AppraiseQuote, WhatWaitedAndDoesNotLagAllTheSameIsInOrder) {
  lag(90'000, 90'000);
  waiting_since = challenge.issued;
  EXPECT_THAT(appraise(), IsEmpty());
  EXPECT_FALSE(appraisal().may_have_waited);
}

TEST_F(AppraiseQuote, AsksNobodyAgainUnderAPolicyThatDoesNotMindALag) {
  lag(90'000, 1'000);
  waiting_since = challenge.issued;
  for (const RuleAction action : {RuleAction::kInfo, RuleAction::kWarn, RuleAction::kFail}) {
    policy.counters.clock_lag = action;
    EXPECT_TRUE(appraisal().may_have_waited);
  }
  policy.counters.clock_lag = RuleAction::kOff;
  EXPECT_FALSE(appraisal().may_have_waited);
  EXPECT_THAT(appraise(), IsEmpty());
}

TEST_F(AppraiseQuote, MeasuresNoLagAcrossASuspend) {
  lag(60'000, 0);
  ++host.clock.restart_count;
  EXPECT_THAT(codes(appraise()), ElementsAre(F::kBootRestarted));
}

TEST_F(AppraiseQuote, IsNotConfusedByAWallClockThatWasSet) {
  lag(60'000, 60'000);
  received.wall.ms += 86'400'000;
  EXPECT_THAT(appraise(), IsEmpty());
  lag(60'000, 0);
  received.wall.ms = now.wall.ms - 86'400'000;
  EXPECT_THAT(codes(appraise()), ElementsAre(F::kQuoteClockLag));
}

// --- Identity

TEST_F(AppraiseQuote, JudgesAnImportedIdentityByThePolicy) {
  EXPECT_THAT(appraise(), IsEmpty());
  host.record().admitted_by = "imported:ana";
  ASSERT_THAT(codes(appraise()), ElementsAre(F::kIdentityImported));
  EXPECT_EQ(appraise().front().severity, kFail) << "what applies where no policy says otherwise";
  policy.imported_identity = RuleAction::kWarn;
  EXPECT_EQ(appraise().front().severity, Severity::kWarning);
  policy.imported_identity = RuleAction::kOff;
  EXPECT_THAT(appraise(), IsEmpty());
}

TEST_F(AppraiseQuote, FindsAnImportedIdentityInEveryQuote) {
  host.record().admitted_by = "imported:ana";
  has_last = false;
  EXPECT_THAT(codes(appraise()), ElementsAre(F::kIdentityImported));
  policy.weak_algorithm = RuleAction::kOff;
  EXPECT_THAT(codes(appraise()), ElementsAre(F::kIdentityImported));
}

TEST_F(AppraiseQuote, AsksForAVendorsCertificateOfTheEkIfThePolicyDoes) {
  host.record().ek_certificate = {};
  EXPECT_THAT(appraise(), IsEmpty()) << "listed, and nothing asks for more";
  policy.identity.ek_uncertified = RuleAction::kFail;
  ASSERT_THAT(codes(appraise()), ElementsAre(F::kIdentityEkUncertified));
  EXPECT_EQ(appraise().front().severity, kFail);
  host.record().ek_certificate = EkCertificateName();
  EXPECT_THAT(appraise(), IsEmpty());
  host.record().admitted_by = "imported:ana";
  policy.imported_identity = RuleAction::kOff;
  EXPECT_THAT(codes(appraise()), ElementsAre(F::kIdentityEkUncertified))
      << "a certificate that was imported was never verified";
}

TEST_F(AppraiseQuote, AllowsOnlyTheAttestationKeysOfThePolicy) {
  const std::string type = key_type_of(host.record().ak_public);
  ASSERT_THAT(type, AnyOf("ecc_p256", "rsa2048"));
  policy.identity.ak_keys = {"rsa3072", type};
  EXPECT_THAT(appraise(), IsEmpty());
  policy.identity.ak_keys = {"rsa3072"};
  ASSERT_THAT(codes(appraise()), ElementsAre(F::kIdentityAkKey));
  EXPECT_EQ(appraise().front().severity, kFail);
  EXPECT_EQ(appraise().front().subject, type);
  policy.identity.ak_key = RuleAction::kWarn;
  EXPECT_EQ(appraise().front().severity, Severity::kWarning);
  policy.identity.ak_key = RuleAction::kOff;
  EXPECT_THAT(appraise(), IsEmpty());
  policy.identity.ak_key = RuleAction::kFail;
  host.record().ak_public = {0, 1};
  EXPECT_THAT(codes(appraise()), Contains(F::kIdentityAkKey)) << "a key that cannot be read";
}

// --- Algorithms

TEST_F(AppraiseQuote, JudgesWeakAlgorithmsByThePolicy) {
  host = SoftwareHost(KeyKind::kRsa);
  host.signing_hash = HashAlgorithm::kSha1;
  last.boot_id = host.boot_id;
  EXPECT_EQ(appraise().front().code, F::kQuoteWeakAlgorithm);
  EXPECT_EQ(appraise().front().severity, kFail);
  policy.weak_algorithm = RuleAction::kInfo;
  EXPECT_EQ(appraise().front().severity, kInfo);
  policy.weak_algorithm = RuleAction::kOff;
  EXPECT_THAT(appraise(), IsEmpty());
}

}  // namespace
}  // namespace quotemill
