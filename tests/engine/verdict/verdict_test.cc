#include "engine/verdict/verdict.h"

#include <gmock/gmock.h>

#include "engine/base/limits.h"
#include "tests/support/finding_printers.h"

namespace quotemill {
namespace {

using testing::codes;
using ::testing::ElementsAre;

Finding finding(FindingCode code, Severity severity) {
  Finding out;
  out.code = code;
  out.severity = severity;
  return out;
}

TEST(Decide, TheWorstFindingDecides) {
  const Finding info = finding(FindingCode::kLogPadding, Severity::kInfo);
  const Finding warning = finding(FindingCode::kLogLocality, Severity::kWarning);
  const Finding failure = finding(FindingCode::kQuoteNonce, Severity::kFail);
  EXPECT_EQ(decide({}).state, TrustState::kTrusted);
  EXPECT_EQ(decide({info}).state, TrustState::kTrusted);
  EXPECT_EQ(decide({info, warning, info}).state, TrustState::kWarning);
  EXPECT_EQ(decide({info, warning, failure, info}).state, TrustState::kFailed);
}

TEST(Decide, WithoutAPolicyNothingIsKnownButFailuresStand) {
  const Finding none = finding(FindingCode::kPolicyNone, Severity::kWarning);
  const Finding info_none = finding(FindingCode::kPolicyNone, Severity::kInfo);
  EXPECT_EQ(decide({none}).state, TrustState::kUnknown);
  EXPECT_EQ(decide({info_none}).state, TrustState::kUnknown);
  EXPECT_EQ(decide({none, finding(FindingCode::kQuoteNonce, Severity::kFail)}).state,
            TrustState::kFailed);
}

TEST(Decide, SortsTheWorstFirstAndKeepsTheOrderAmongEquals) {
  const Verdict verdict = decide({finding(FindingCode::kLogPadding, Severity::kInfo),
                                  finding(FindingCode::kLogMismatch, Severity::kFail),
                                  finding(FindingCode::kLogLocality, Severity::kWarning),
                                  finding(FindingCode::kLogNoEvents, Severity::kFail)});
  EXPECT_THAT(codes(verdict.findings),
              ElementsAre(FindingCode::kLogMismatch, FindingCode::kLogNoEvents,
                          FindingCode::kLogLocality, FindingCode::kLogPadding));
}

TEST(Decide, DropsTheLeastSevereAndCountsThem) {
  Findings findings(100, finding(FindingCode::kLogPadding, Severity::kInfo));
  findings.push_back(finding(FindingCode::kQuoteNonce, Severity::kFail));
  const Verdict verdict = decide(findings);
  EXPECT_EQ(verdict.state, TrustState::kFailed);
  EXPECT_EQ(verdict.findings.size(), limits::kFindingsMax);
  EXPECT_EQ(verdict.findings_dropped, 101 - limits::kFindingsMax);
  EXPECT_EQ(verdict.findings[0].code, FindingCode::kQuoteNonce);
}

TEST(TrustStates, HaveNamesAndNumbers) {
  for (std::uint8_t number = 0; number <= 4; ++number) {
    const auto state = trust_state(number);
    ASSERT_TRUE(state);
    EXPECT_EQ(static_cast<std::uint8_t>(*state), number);
  }
  EXPECT_EQ(name_of(TrustState::kUnknown), "unknown");
  EXPECT_EQ(name_of(TrustState::kTrusted), "trusted");
  EXPECT_EQ(name_of(TrustState::kWarning), "warning");
  EXPECT_EQ(name_of(TrustState::kFailed), "failed");
  EXPECT_EQ(name_of(TrustState::kStale), "stale");
  EXPECT_FALSE(trust_state(5));
  EXPECT_FALSE(trust_state(255));
}

}  // namespace
}  // namespace quotemill
