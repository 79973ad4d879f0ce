#include <gmock/gmock.h>

#include "engine/appraise/appraise.h"
#include "engine/eventlog/boot_log_writer.h"
#include "tests/engine/verify/verified.h"

namespace quotemill {
namespace {

using testing::at_least;
using testing::codes;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::measured;
using testing::Measured;
using ::testing::Not;
using testing::QuoteCheck;
using testing::SoftwareHost;

std::shared_ptr<const Baseline> baseline_of(const SoftwareHost& host, std::string name) {
  const Bytes log = host.log();
  auto baseline = std::make_shared<Baseline>();
  baseline->name = std::move(name);
  baseline->events = reference_events(read_boot_log(log).log);
  return baseline;
}

class AppraiseBoot : public ::testing::Test {
 protected:
  // All findings of the host's true boot, by this log.
  Findings appraise(const Bytes& log) {
    const Challenge challenge = host.challenge();
    const QuoteCheck check(host, challenge, host.draft(challenge).seal());
    const VerifiedEvidence evidence = verify_boot_log(check.quote(), log);
    claims = extract(evidence);
    claims.events = {};  // they borrow the log
    return appraise_boot(evidence, *Snapshot::compile(policy, baselines));
  }

  Findings appraise() { return appraise(host.log()); }

  std::vector<FindingCode> blame() { return codes(at_least(Severity::kWarning, appraise())); }

  SoftwareHost host;
  Policy policy = default_policy();
  std::vector<std::shared_ptr<const Baseline>> baselines = {baseline_of(SoftwareHost(), "golden")};
  Claims claims;
};

TEST_F(AppraiseBoot, FindsNothingBadInTheGoldenBoot) {
  EXPECT_THAT(blame(), IsEmpty());
}

TEST_F(AppraiseBoot, ComparesOnlyThePcrsOfThePolicy) {
  host.boot.push_back(measured(5, event_type::kEfiAction, "something in PCR 5"));
  EXPECT_THAT(blame(), IsEmpty()) << "5 is not compared";
  host.boot.push_back(measured(4, event_type::kEfiBootServicesApplication, "evil"));
  EXPECT_THAT(blame(), ElementsAre(FindingCode::kBootEventUnexpected));
  policy.boot.compare = 1U << 5U;
  EXPECT_THAT(blame(), ElementsAre(FindingCode::kBootEventUnexpected));
}

TEST_F(AppraiseBoot, TakesTheSeverityOfThePolicy) {
  host.boot.push_back(measured(4, event_type::kEfiBootServicesApplication, "evil"));
  policy.boot.mismatch = RuleAction::kWarn;
  EXPECT_EQ(worst_of(appraise()), Severity::kWarning);
  policy.boot.mismatch = RuleAction::kInfo;
  EXPECT_EQ(worst_of(appraise()), Severity::kInfo);
}

TEST_F(AppraiseBoot, OneBaselineThatExplainsAPcrIsEnough) {
  SoftwareHost newer;
  newer.boot.push_back(measured(9, event_type::kIpl, "/boot/newer"));
  policy.boot.baselines = {"golden", "newer"};
  baselines.push_back(baseline_of(newer, "newer"));
  EXPECT_THAT(blame(), IsEmpty());
  host = newer;
  EXPECT_THAT(blame(), IsEmpty());
  host.boot.push_back(measured(9, event_type::kIpl, "/boot/evil"));
  EXPECT_THAT(blame(), ElementsAre(FindingCode::kBootEventUnexpected)) << "by the nearest one";
}

TEST_F(AppraiseBoot, SaysThatThereIsNoBaseline) {
  baselines.clear();
  EXPECT_THAT(blame(), ElementsAre(FindingCode::kBootBaselineAbsent));
  policy.boot.no_baseline = RuleAction::kFail;
  EXPECT_EQ(worst_of(appraise()), Severity::kFail);
}

TEST_F(AppraiseBoot, SaysThatABaselineLacksTheQuotedBank) {
  host.banks = {HashAlgorithm::kSha256, HashAlgorithm::kSha384};
  host.selection.bank = HashAlgorithm::kSha384;
  const Findings findings = at_least(Severity::kWarning, appraise());
  ASSERT_THAT(codes(findings),
              ElementsAre(FindingCode::kBootBaselineBank, FindingCode::kBootBaselineAbsent));
  EXPECT_EQ(findings[0].subject, "golden");
}

TEST_F(AppraiseBoot, SaysThatNothingIsCompared) {
  policy.boot.compare = 0;
  EXPECT_THAT(blame(), ElementsAre(FindingCode::kBootBaselineAbsent));
  policy = default_policy();
  policy.boot.mismatch = RuleAction::kOff;
  EXPECT_THAT(blame(), ElementsAre(FindingCode::kPolicyNoRule));
}

TEST_F(AppraiseBoot, ComparesNoEventsOfAPcrThatTheLogDoesNotExplain) {
  std::vector<Measured> boot = host.boot;
  std::erase_if(boot, [](const Measured& event) { return event.pcr == 7; });
  const Findings findings = appraise(log_of(boot, host.banks, host.locality));
  EXPECT_THAT(codes(at_least(Severity::kWarning, findings)),
              ElementsAre(FindingCode::kLogNoEvents));
  EXPECT_EQ(claims.proven_pcrs, host.selection.mask & ~(1U << 7U));
}

// The verification's own failures are no rule: no policy makes less of them.
TEST_F(AppraiseBoot, NoPolicySoftensAFailureOfTheReplay) {
  policy = *parse_policy(
      "[boot]\nlog = \"off\"\nmismatch = \"off\"\nno_baseline = \"off\"\nlog_oddity = \"off\"\n",
      "p");
  std::vector<Measured> boot = host.boot;
  boot.pop_back();
  EXPECT_EQ(worst_of(appraise(log_of(boot, host.banks, host.locality))), Severity::kFail);
  EXPECT_EQ(worst_of(appraise({})), Severity::kFail);
  Bytes broken = host.log();
  broken.push_back(1);
  EXPECT_EQ(worst_of(appraise(broken)), Severity::kFail);
  host.boot.clear();
  EXPECT_EQ(worst_of(appraise()), Severity::kFail);
}

// Dell, HP, Lenovo, VMware, Google and AMD: harmless oddities warn, or what the policy says.
TEST_F(AppraiseBoot, OdditiesAreWhatThePolicyMakesOfThem) {
  BootLogWriter writer(BootLogFormat::kCryptoAgile, host.banks);
  writer.startup_locality(host.locality);
  writer.event(0, event_type::kNoAction, as_bytes("vendor"), as_bytes("vendor"));
  for (const Measured& event : host.boot) {
    writer.event(event.pcr, event.type, event.measured, event.data);
  }
  const Bytes log = to_bytes(writer.bytes());
  EXPECT_THAT(codes(at_least(Severity::kWarning, appraise(log))),
              ElementsAre(FindingCode::kLogNoActionDigest));
  policy.boot.log_oddity = RuleAction::kInfo;
  EXPECT_EQ(worst_of(appraise(log)), Severity::kInfo);
  policy.boot.log_oddity = RuleAction::kFail;
  EXPECT_EQ(worst_of(appraise(log)), Severity::kFail);
  policy.boot.log_oddity = RuleAction::kOff;
  EXPECT_THAT(codes(appraise(log)), Not(Contains(FindingCode::kLogNoActionDigest)));
}

TEST(AppraiseAbsentLog, IsNeverSilentlyFine) {
  for (const char* const action : {"off", "info", "warn", "fail"}) {
    const Policy policy = *parse_policy("[boot]\nlog = \"" + std::string(action) + "\"\n", "p");
    const Findings findings = appraise_absent_log(*Snapshot::compile(policy, {}));
    EXPECT_GE(worst_of(findings), Severity::kWarning) << action;
  }
  EXPECT_THAT(codes(appraise_absent_log(*Snapshot::compile(default_policy(), {}))),
              ElementsAre(FindingCode::kLogAbsent));
}

TEST(Extract, DrawsTheMeasuredEventsOfProvenPcrs) {
  const SoftwareHost host;
  const Challenge challenge = host.challenge();
  const QuoteCheck check(host, challenge, host.draft(challenge).seal());
  const Bytes log = host.log();
  const VerifiedEvidence evidence = verify_boot_log(check.quote(), log);
  const Claims claims = extract(evidence);
  EXPECT_EQ(claims.bank, HashAlgorithm::kSha256);
  EXPECT_EQ(claims.quoted_pcrs, host.selection.mask);
  EXPECT_EQ(claims.proven_pcrs, host.selection.mask);
  std::size_t drawn = 0;
  for (std::uint32_t pcr = 0; pcr < limits::kPcrCount; ++pcr) {
    std::uint32_t last = 0;
    for (const EventClaim& claim : claims.events.of(pcr)) {
      EXPECT_EQ(claim.event->pcr, pcr);
      EXPECT_GT(claim.event->number, last) << "the log's order";
      last = claim.event->number;
      ++drawn;
    }
  }
  EXPECT_EQ(drawn, host.boot.size());
}

TEST(Extract, DrawsNothingOfAPcrThatTheLogDoesNotExplain) {
  const SoftwareHost host;
  const Challenge challenge = host.challenge();
  const QuoteCheck check(host, challenge, host.draft(challenge).seal());
  Bytes log = host.log();
  for (const BootEvent& event : read_boot_log(log).log.events) {
    if (event.pcr == 4 && event.is_measured()) {
      log[static_cast<std::size_t>(event.digest(HashAlgorithm::kSha256).data() - log.data())] ^= 1U;
    }
  }
  const Claims claims = extract(verify_boot_log(check.quote(), log));
  EXPECT_EQ(claims.proven_pcrs, host.selection.mask & ~(1U << 4));
  EXPECT_TRUE(claims.events.of(4).empty());
  EXPECT_FALSE(claims.events.of(0).empty());
}

}  // namespace
}  // namespace quotemill
