#include <gmock/gmock.h>

#include "engine/crypto/hash.h"
#include "engine/eventlog/boot_log_writer.h"
#include "tests/engine/verify/boot_log_check.h"

namespace quotemill {
namespace {

using testing::at_least;
using testing::BootLogCheck;
using testing::codes;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::log_of;
using testing::log_without_pcr;
using testing::measured;
using testing::Measured;
using ::testing::Not;
using testing::QuoteCheck;
using testing::SoftwareHost;

constexpr HashAlgorithm kSha1 = HashAlgorithm::kSha1;
constexpr HashAlgorithm kSha256 = HashAlgorithm::kSha256;

TEST(VerifyBootLog, ProvesAnHonestLogCompletely) {
  const SoftwareHost host;
  const BootLogCheck check(host, host.log());
  EXPECT_TRUE(check->is_proven());
  EXPECT_EQ(check->proven_pcrs(), host.selection.mask);
  EXPECT_THAT(check.all(), ElementsAre(FindingCode::kLogBankUnquoted));
}

TEST(VerifyBootLog, ProvesAllLocalitiesAndBanks) {
  for (const std::uint8_t locality : std::initializer_list<std::uint8_t>{0, 3, 4}) {
    for (const HashAlgorithm bank : {kSha1, kSha256, HashAlgorithm::kSha384}) {
      SoftwareHost host;
      host.locality = locality;
      host.banks = {kSha1, kSha256, HashAlgorithm::kSha384};
      host.selection = {bank, 0xFF};
      EXPECT_TRUE(BootLogCheck(host, host.log())->is_proven()) << name_of(bank);
    }
  }
}

TEST(VerifyBootLog, ProvesASha1LogByASha1Quote) {
  SoftwareHost host;
  host.selection = {kSha1, 0xFF};
  host.locality = 0;
  BootLogWriter writer(BootLogFormat::kSha1, {kSha1});
  for (const Measured& event : host.boot) {
    writer.event(event.pcr, event.type, event.measured, event.data);
  }
  EXPECT_TRUE(BootLogCheck(host, to_bytes(writer.bytes()))->is_proven());
}

TEST(VerifyBootLog, ProvesPcrsInTheirResetState) {
  SoftwareHost host;
  host.selection = {kSha256, 0xFFFFFF};  // PCRs 10 to 13, 15 and 16 to 23 were never extended
  const BootLogCheck check(host, host.log());
  EXPECT_TRUE(check->is_proven());
  EXPECT_THAT(check.failures(), IsEmpty());
}

TEST(VerifyBootLog, FindsAChangedEvent) {
  const SoftwareHost host;
  std::vector<Measured> boot = host.boot;
  boot.back() = measured(boot.back().pcr, boot.back().type, "something else");
  const BootLogCheck check(host, log_of(boot, host.banks, host.locality));
  EXPECT_FALSE(check->is_proven());
  EXPECT_THAT(check.failures(), ElementsAre(FindingCode::kLogMismatch));
  const Finding finding = at_least(Severity::kFail, check->findings()).front();
  EXPECT_EQ(finding.pcr, boot.back().pcr);
  EXPECT_EQ(finding.expected, host.pcrs(kSha256, 0xFFFF).at(boot.back().pcr));
  EXPECT_NE(finding.digest, finding.expected);
  EXPECT_EQ(check->proven_pcrs(), host.selection.mask & ~(1U << boot.back().pcr));
}

TEST(VerifyBootLog, FindsEachSingleEventThatIsLeftOut) {
  const SoftwareHost host;
  for (std::size_t left_out = 0; left_out < host.boot.size(); ++left_out) {
    std::vector<Measured> boot = host.boot;
    boot.erase(boot.begin() + static_cast<std::ptrdiff_t>(left_out));
    const BootLogCheck check(host, log_of(boot, host.banks, host.locality));
    EXPECT_FALSE(check->is_proven()) << left_out;
    EXPECT_EQ(check->proven_pcrs(), host.selection.mask & ~(1U << host.boot[left_out].pcr));
    EXPECT_EQ(check.failures().size(), 1U) << left_out;
  }
}

TEST(VerifyBootLog, FindsEventsInAnotherOrder) {
  const SoftwareHost host;
  std::vector<Measured> boot = host.boot;
  std::swap(boot[0], boot[1]);  // both of PCR 0
  EXPECT_THAT(BootLogCheck(host, log_of(boot, host.banks, host.locality)).failures(),
              ElementsAre(FindingCode::kLogMismatch));
}

TEST(VerifyBootLog, FindsAnotherStartupLocality) {
  const SoftwareHost host;
  for (const std::uint8_t locality : std::initializer_list<std::uint8_t>{0, 4}) {
    const BootLogCheck check(host, log_of(host.boot, host.banks, locality));
    EXPECT_THAT(check.failures(), ElementsAre(FindingCode::kLogMismatch));
    EXPECT_EQ(check->proven_pcrs(), host.selection.mask & ~1U);
  }
}

// Windows caps a bank so. The log does not tell it, and the PCR stays unproven.
TEST(VerifyBootLog, NamesAnExtendOfZerosThatTheLogDoesNotTell) {
  const SoftwareHost host;
  const Challenge challenge = host.challenge();
  bench::EvidenceDraft draft = host.draft(challenge);
  PcrBank& quoted = draft.quoted.front();
  Digest capped = quoted.at(4);
  extend(capped, Digest(quoted.algorithm()).view());
  quoted.set(4, capped);
  draft.sent = draft.quoted;
  const QuoteCheck check(host, challenge, draft.seal());
  ASSERT_TRUE(check.ok());
  const Bytes log = host.log();
  const VerifiedEvidence evidence = verify_boot_log(check.quote(), log);
  EXPECT_FALSE(evidence.is_proven());
  EXPECT_EQ(evidence.proven_pcrs(), host.selection.mask & ~(1U << 4U));
  const Findings failures = at_least(Severity::kFail, evidence.findings());
  ASSERT_THAT(codes(failures), ElementsAre(FindingCode::kLogMismatch));
  EXPECT_EQ(failures.front().pcr, 4U);
  EXPECT_THAT(message_of(failures.front()), HasSubstr("as Windows caps a bank"));
}

// A Windows host keeps the log of its boot and of each time it woke from hibernation. The firmware
// measured the same each time; what Windows measured is of the last time alone.
TEST(QuoteDesign, Hibernation_OnlyTheNewestOfSeveralLogsProvesTheQuote) {
  const auto woken = [](std::string_view times) {
    SoftwareHost host;
    host.boot.push_back(measured(12, event_type::kEventTag, times));
    host.boot.push_back(measured(13, event_type::kEventTag, "modules of the same system"));
    host.selection.mask |= 1U << 12U | 1U << 13U;
    return host;
  };
  const SoftwareHost now = woken("restart count 2");
  for (const char* const older : {"restart count 0", "restart count 1"}) {
    const BootLogCheck check(now, woken(older).log());
    EXPECT_FALSE(check->is_proven());
    EXPECT_EQ(check->proven_pcrs(), now.selection.mask & ~(1U << 12U));
    const Findings failures = at_least(Severity::kFail, check->findings());
    ASSERT_THAT(codes(failures), ElementsAre(FindingCode::kLogMismatch)) << older;
    EXPECT_EQ(failures.front().pcr, 12U);
    EXPECT_THAT(std::string(remedy_of(failures.front().code)), HasSubstr("another boot"));
  }
  EXPECT_TRUE(BootLogCheck(now, now.log())->is_proven());
}

// "The log has no events for PCR n" is unproven, not fine.
TEST(VerifyBootLog, FindsAllEventsOfAPcrMissing) {
  const SoftwareHost host;
  for (const std::uint32_t pcr : {0U, 1U, 4U, 7U, 8U, 14U}) {
    const BootLogCheck check(host, log_without_pcr(host, pcr));
    EXPECT_FALSE(check->is_proven());
    EXPECT_THAT(check.failures(), ElementsAre(FindingCode::kLogNoEvents)) << pcr;
    EXPECT_EQ(at_least(Severity::kFail, check->findings()).front().pcr, pcr);
  }
}

TEST(VerifyBootLog, FindsEventsOfAPcrThatWasNeverExtended) {
  SoftwareHost host;
  host.selection = {kSha256, 0xFFFFFF};
  std::vector<Measured> boot = host.boot;
  boot.push_back(measured(23, event_type::kEventTag, "never happened"));
  const BootLogCheck check(host, log_of(boot, host.banks, host.locality));
  EXPECT_THAT(check.failures(), ElementsAre(FindingCode::kLogMismatch));
}

TEST(VerifyBootLog, ProvesNothingByALogThatIsNone) {
  const SoftwareHost host;
  for (const Bytes& log :
       {Bytes{}, Bytes(1, 0), Bytes(100, 0), Bytes(100, 0xFF), Bytes(100, 'x')}) {
    const BootLogCheck check(host, log);
    EXPECT_FALSE(check->is_proven());
    EXPECT_EQ(check->proven_pcrs(), 0U);
    EXPECT_THAT(check.failures(), Contains(FindingCode::kLogMalformed));
  }
}

TEST(VerifyBootLog, NeverProvesALogCutAnywhereBeforeItsLastQuotedEvent) {
  const SoftwareHost host;
  const Bytes whole = host.log();
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const BootLogCheck check(
        host, Bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size)));
    ASSERT_FALSE(check->is_proven()) << size;
    ASSERT_THAT(check.failures(), Not(IsEmpty())) << size;
  }
}

TEST(VerifyBootLog, NamesTheBreakOfALog) {
  const SoftwareHost host;
  Bytes log = host.log();
  log.push_back(1);  // a PCR index that ends at once
  const BootLogCheck check(host, log);
  EXPECT_FALSE(check->is_proven());
  EXPECT_THAT(check.failures(), ElementsAre(FindingCode::kLogMalformed));
  const Finding finding = at_least(Severity::kFail, check->findings()).front();
  EXPECT_EQ(finding.event, check->boot_log().events.size());
  EXPECT_THAT(message_of(finding), HasSubstr("TCG_PCR_EVENT2: truncated"));
  EXPECT_EQ(check->proven_pcrs(), host.selection.mask) << "what stands before the break is proven";
}

TEST(VerifyBootLog, FindsABankThatTheLogLacks) {
  SoftwareHost host;
  host.selection.bank = HashAlgorithm::kSha384;
  const BootLogCheck check(host, host.log());
  EXPECT_FALSE(check->is_proven());
  EXPECT_THAT(check.failures(), ElementsAre(FindingCode::kLogBankMissing));
  EXPECT_EQ(check->proven_pcrs(), 0U);
}

TEST(VerifyBootLog, RemarksOnPadding) {
  const SoftwareHost host;
  Bytes log = host.log();
  log.insert(log.end(), 100, 0xFF);
  const BootLogCheck check(host, log);
  EXPECT_TRUE(check->is_proven());
  EXPECT_THAT(check.all(), Contains(FindingCode::kLogPadding));
  EXPECT_THAT(check.failures(), IsEmpty());
}

}  // namespace
}  // namespace quotemill
