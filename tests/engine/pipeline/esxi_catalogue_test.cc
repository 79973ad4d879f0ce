// The catalogue of what administrators of ESXi hosts read: every row of it is brought about by a
// host, a log or time, never by asking the table.
#include <set>
#include <sstream>

#include <gmock/gmock.h>

#include "engine/verdict/esxi_attestation.h"
#include "engine/verdict/esxi_messages.h"
#include "tests/engine/pipeline/esxi_scenarios.h"

namespace quotemill {
namespace {

using testing::EsxiScenario;
using testing::has_code;

// Rows of what any host can be red or yellow by: who finds it has tests for it, of any host.
const std::set<FindingCode>& found_of_any_host() {
  using Code = FindingCode;
  static const std::set<Code> kCodes = {Code::kEvidenceMalformed,
                                        Code::kEvidenceIdentity,
                                        Code::kQuotePcrValues,
                                        Code::kQuoteWeakAlgorithm,
                                        Code::kQuoteNonceReused,
                                        Code::kQuoteClockLag,
                                        Code::kQuoteClockUnsafe,
                                        Code::kIdentityRetired,
                                        Code::kIdentityEkUncertified,
                                        Code::kIdentityAkKey,
                                        Code::kBootResetUnreported,
                                        Code::kBootKexec,
                                        Code::kLatchHeld,
                                        Code::kPolicyNone,
                                        Code::kPolicyNoRule,
                                        Code::kPolicyPcrsUnquoted,
                                        Code::kRolloutLate,
                                        Code::kRolloutMixed,
                                        Code::kRolloutOther,
                                        Code::kLogSpecIdRepeated,
                                        Code::kLogNoActionDigest,
                                        Code::kLogNoActionPcr,
                                        Code::kLogLocality,
                                        Code::kLogDigestMissing,
                                        Code::kLogEventData,
                                        Code::kLogEventType,
                                        Code::kLogEventBanks,
                                        Code::kLogSeparator,
                                        Code::kBootEventUnexpected,
                                        Code::kBootEventMissing,
                                        Code::kBootEventOrder,
                                        Code::kBootBaselineAbsent,
                                        Code::kBootBaselineBank,
                                        Code::kBootReferenceUnknown,
                                        Code::kBootReferenceValue,
                                        Code::kBootReferenceAbsent,
                                        Code::kSecureBootOff,
                                        Code::kSecureBootUnproven,
                                        Code::kSecureBootAuthority,
                                        Code::kSecureBootKey,
                                        Code::kDbxMissing,
                                        Code::kDbxUnproven,
                                        Code::kSbatBelow,
                                        Code::kSbatUnproven,
                                        Code::kCommandLineParameter,
                                        Code::kCommandLineUnproven,
                                        Code::kPlatformAlarm,
                                        Code::kPlatformOptionRom};
  return kCodes;
}

// Codes that no ESXi host is red or yellow by, and why.
bool is_not_of_esxi(FindingCode code) {
  const std::string_view name = name_of(code);
  static const std::set<FindingCode> kCodes = {
      // Information, whatever a policy says.
      FindingCode::kBootRebooted, FindingCode::kBootRestarted, FindingCode::kLogPadding,
      FindingCode::kLogAlgorithmUnknown, FindingCode::kLogBankUnquoted, FindingCode::kLogEventQuirk,
      FindingCode::kRolloutOld, FindingCode::kRolloutNew, FindingCode::kEsxiImage,
      // Of files that are checked offline.
      FindingCode::kFreshnessUnchecked, FindingCode::kQuoteAttestationKey,
      FindingCode::kEsxiLogUnreliable};
  return kCodes.count(code) != 0 || name.substr(0, 4) == "ima.";  // ESXi has no IMA
}

// Sentences are put together from parts: "which which" is how that goes wrong.
bool has_doubled_word(const std::string& sentence) {
  std::istringstream words(sentence);
  std::string last;
  for (std::string word; words >> word; last = word) {
    if (word == last) {
      return true;
    }
  }
  return false;
}

void expect_reached(const EsxiMessage& message, const std::map<FindingCode, EsxiScenario>& all) {
  const auto scenario = all.find(message.code);
  ASSERT_NE(scenario, all.end()) << name_of(message.code) << " has no scenario";
  const HostState state = scenario->second();
  EXPECT_TRUE(has_code(state, message.code))
      << name_of(message.code)
      << " is not among: " << ::testing::PrintToString(testing::codes(state.verdict.findings));
  EXPECT_NE(esxi_attestation(state).status, AttestationStatus::kPassed) << name_of(message.code);
  for (const Finding& finding : state.verdict.findings) {
    EXPECT_FALSE(has_doubled_word(message_of(finding))) << message_of(finding);
  }
}

TEST(EsxiCatalogue, EveryRowOfTheCatalogueIsReachedFromEvidenceOrState) {
  const std::map<FindingCode, EsxiScenario> all = testing::esxi_scenarios();
  for (const EsxiMessage& message : esxi_own_messages()) {
    // Nobody here has a test key's certificate, only its digest: EsxiFleet.ATestKeyFails....
    if (message.code != FindingCode::kEsxiSignerTest) {
      expect_reached(message, all);
    }
  }
  for (const EsxiMessage& message : esxi_platform_messages()) {
    if (found_of_any_host().count(message.code) == 0) {
      expect_reached(message, all);
    }
  }
}

// Nobody may stand before a red host without a cause and something to do.
TEST(EsxiCatalogue, EveryCodeThatAnEsxiHostIsRedOrYellowByHasARow) {
  constexpr std::uint16_t kNumbersEnd = 2000;
  std::size_t codes = 0;
  for (std::uint16_t number = 0; number < kNumbersEnd; ++number) {
    const std::optional<FindingCode> code = finding_code(number);
    if (code) {
      ++codes;
      EXPECT_EQ(esxi_message_of(*code) != nullptr, !is_not_of_esxi(*code)) << name_of(*code);
    }
  }
  EXPECT_GT(codes, 100U);
}

TEST(EsxiCatalogue, EveryRowHasACauseARemedyAndACodeOfItsOwn) {
  std::set<FindingCode> seen;
  for (const auto messages : {esxi_own_messages(), esxi_platform_messages()}) {
    for (const EsxiMessage& message : messages) {
      EXPECT_FALSE(message.cause.empty()) << name_of(message.code);
      EXPECT_FALSE(message.remedy.empty()) << name_of(message.code);
      EXPECT_TRUE(seen.insert(message.code).second) << name_of(message.code);
    }
  }
}

}  // namespace
}  // namespace quotemill
