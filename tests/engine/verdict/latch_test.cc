#include "engine/verdict/latch.h"

#include <gmock/gmock.h>

#include "engine/base/limits.h"
#include "tests/support/finding_printers.h"

namespace quotemill {
namespace {

using testing::codes;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr FindingCode kDenied = FindingCode::kImaFileUnknown;
constexpr std::array kLatching = {kDenied, FindingCode::kImaViolation};
constexpr WallTime kNow{1'800'000'000'000};

Finding finding(FindingCode code, std::string subject = {}, Severity severity = Severity::kFail) {
  return {.code = code, .severity = severity, .subject = std::move(subject)};
}

// What one verdict after another leaves, as the commit stage does it.
struct Story {
  void judge(Findings findings, std::span<const FindingCode> latching = kLatching) {
    ++sequence;
    verdict = decide(std::move(findings));
    latches = latched(latches, verdict, latching, {kNow.ms + static_cast<std::int64_t>(sequence)},
                      sequence);
    verdict = held(std::move(verdict), latches.get());
  }

  // Whether there was something to acknowledge.
  bool acknowledge(std::optional<FindingCode> code = {}) {
    const auto done = quotemill::acknowledge(latches.get(), code, verdict);
    if (done) {
      latches = done->latches;
      verdict = held(std::move(verdict), latches.get());
    }
    return done.has_value();
  }

  std::shared_ptr<const Latches> latches;
  Verdict verdict;
  std::uint64_t sequence = 0;
};

TEST(Latches, HoldTheStateAlthoughLaterEvidenceIsClean) {
  Story story;
  story.judge({finding(kDenied, "/tmp/x")});
  EXPECT_THAT(codes(story.verdict.findings), ElementsAre(kDenied)) << "told once, not twice";
  story.judge({});
  EXPECT_EQ(story.verdict.state, TrustState::kFailed);
  ASSERT_THAT(codes(story.verdict.findings), ElementsAre(FindingCode::kLatchHeld));
  EXPECT_THAT(message_of(story.verdict.findings[0]), HasSubstr("ima.file.unknown"));
  EXPECT_THAT(message_of(story.verdict.findings[0]), HasSubstr("/tmp/x"));
  EXPECT_THAT(message_of(story.verdict.findings[0]), HasSubstr("attestation 1 "));
  const Verdict first = story.verdict;
  story.judge({});
  EXPECT_EQ(story.verdict.findings, first.findings) << "each time the same: no edge";
}

TEST(Latches, HoldAWarningAsAWarning) {
  Story story;
  story.judge({finding(kDenied, "/tmp/x", Severity::kWarning)});
  story.judge({});
  EXPECT_EQ(story.verdict.state, TrustState::kWarning);
  story.judge({finding(kDenied, "/tmp/x", Severity::kFail)});
  story.judge({});
  EXPECT_EQ(story.verdict.state, TrustState::kFailed) << "the worst that it ever was";
}

TEST(Latches, AreOfWhatThePolicyNamesAlone) {
  Story story;
  story.judge({finding(FindingCode::kQuoteClockLag)});
  story.judge({finding(kDenied, "/tmp/x", Severity::kInfo)});
  EXPECT_EQ(story.latches, nullptr) << "neither another code, nor what is only told";
  story.judge({});
  EXPECT_EQ(story.verdict.state, TrustState::kTrusted);
}

TEST(Latches, LetGoWhenTheyAreAcknowledged) {
  Story story;
  story.judge({finding(kDenied)});
  story.judge({});
  EXPECT_TRUE(story.acknowledge());
  EXPECT_EQ(story.verdict.state, TrustState::kTrusted);
  EXPECT_THAT(story.verdict.findings, IsEmpty());
  EXPECT_EQ(story.latches, nullptr);
  EXPECT_FALSE(story.acknowledge()) << "there is nothing any more";
}

TEST(Latches, RefuseAnAcknowledgementOfWhatIsNotLatched) {
  Story story;
  EXPECT_FALSE(story.acknowledge());
  story.judge({finding(kDenied)});
  story.judge({});
  EXPECT_FALSE(story.acknowledge(FindingCode::kImaViolation));
  EXPECT_EQ(story.verdict.state, TrustState::kFailed);
}

TEST(Latches, AreAcknowledgedCodeByCode) {
  Story story;
  story.judge({finding(kDenied), finding(FindingCode::kImaViolation, "", Severity::kWarning)});
  story.judge({});
  EXPECT_TRUE(story.acknowledge(kDenied));
  EXPECT_EQ(story.verdict.state, TrustState::kWarning) << "the other one still holds";
  EXPECT_TRUE(story.acknowledge());
  EXPECT_EQ(story.verdict.state, TrustState::kTrusted);
}

TEST(Latches, AcknowledgedWhileStillFoundHoldNothingAfterwards) {
  Story story;
  story.judge({finding(kDenied)});
  EXPECT_TRUE(story.acknowledge());
  EXPECT_EQ(story.verdict.state, TrustState::kFailed) << "the evidence itself says so";
  EXPECT_FALSE(story.acknowledge()) << "done already";
  story.judge({finding(kDenied)});
  story.judge({});
  EXPECT_EQ(story.verdict.state, TrustState::kTrusted);
  EXPECT_EQ(story.latches, nullptr);
  story.judge({finding(kDenied)});
  story.judge({});
  EXPECT_EQ(story.verdict.state, TrustState::kFailed) << "found anew, latched anew";
}

TEST(Latches, AcknowledgedOnesThatGetWorseLatchAgain) {
  Story story;
  story.judge({finding(kDenied, "/tmp/x", Severity::kWarning)});
  EXPECT_TRUE(story.acknowledge());
  story.judge({finding(kDenied, "/tmp/x", Severity::kFail)});
  story.judge({});
  EXPECT_EQ(story.verdict.state, TrustState::kFailed);
}

TEST(Latches, OutliveThePolicyThatMadeThem) {
  Story story;
  story.judge({finding(kDenied)});
  story.judge({}, {});
  EXPECT_EQ(story.verdict.state, TrustState::kFailed);
  story.judge({finding(kDenied, "", Severity::kInfo)}, {});
  EXPECT_EQ(story.verdict.state, TrustState::kFailed) << "a milder rule is no acknowledgement";
}

TEST(Latches, KeepEachOfSeveralAndSayWhenTheyAreFull) {
  Story story;
  for (int i = 0; i < 20; ++i) {
    story.judge({finding(kDenied, "/tmp/" + std::to_string(i))});
  }
  EXPECT_EQ(story.latches->all.size(), kLatchesOfCodeMax);
  EXPECT_TRUE(story.latches->is_full);
  story.judge({finding(FindingCode::kImaViolation)});
  EXPECT_EQ(story.latches->all.size(), kLatchesOfCodeMax + 1) << "another code has room of its own";
  const auto before = story.latches;
  story.judge({finding(kDenied, "/tmp/19")});
  EXPECT_EQ(story.latches, before) << "full is no edge each time";
}

TEST(Latches, DoNotMakeAHostWithoutAPolicyTrusted) {
  Story story;
  story.judge({finding(kDenied, "", Severity::kWarning)});
  story.judge({finding(FindingCode::kPolicyNone, "", Severity::kWarning)}, {});
  EXPECT_EQ(story.verdict.state, TrustState::kUnknown);
  EXPECT_TRUE(story.acknowledge());
  EXPECT_EQ(story.verdict.state, TrustState::kUnknown);
}

TEST(Latches, LookPastWhatMovesOnFromBootToBoot) {
  Story story;
  Finding at_event = finding(kDenied, "/tmp/x");
  at_event.event = 12;
  at_event.seen_number = 3;
  story.judge({at_event});
  at_event.event = 400;
  at_event.seen_number = 4;
  story.judge({at_event});
  EXPECT_EQ(story.latches->all.size(), 1U);
}

TEST(Latches, AreNotPushedOutByOtherFindings) {
  Findings findings(200, finding(FindingCode::kBootEventUnexpected));
  findings.push_back(finding(kDenied));
  put_latching_first(findings, kLatching);
  Story story;
  story.judge(std::move(findings));
  ASSERT_NE(story.latches, nullptr);
  EXPECT_EQ(story.latches->all.front().finding.code, kDenied);
}

TEST(Latches, BoundTheSentenceOfAFinding) {
  Story story;
  story.judge({finding(kDenied, std::string(4'000, 'x'))});
  story.judge({});
  EXPECT_LE(story.verdict.findings.front().subject.size(), kLatchSubjectMax);
}

TEST(Latches, AreMadeByAttestationsAlone) {
  EXPECT_FALSE(can_latch(FindingCode::kStaleNoContact));
  EXPECT_FALSE(can_latch(FindingCode::kLatchHeld));
  EXPECT_FALSE(can_latch(FindingCode::kPolicyNone));
  EXPECT_TRUE(can_latch(kDenied));
  EXPECT_TRUE(can_latch(FindingCode::kIdentityChanged));
}

}  // namespace
}  // namespace quotemill
