#include <gmock/gmock.h>

#include "engine/crypto/hash.h"
#include "engine/eventlog/boot_log_writer.h"
#include "engine/eventlog/ima_reader.h"
#include "engine/verdict/host_state.h"
#include "tests/engine/verify/verified.h"

namespace quotemill {
namespace {

using testing::at_least;
using testing::codes;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::log_of;
using testing::measured;
using testing::Measured;
using ::testing::Not;
using testing::QuoteCheck;
using testing::SoftwareHost;

constexpr HashAlgorithm kSha1 = HashAlgorithm::kSha1;
constexpr HashAlgorithm kSha256 = HashAlgorithm::kSha256;

// What a log is worth beside an honest quote of the host's true PCRs.
class BootLogCheck {
 public:
  BootLogCheck(const SoftwareHost& host, Bytes log)
      : challenge_(host.challenge()),
        quote_(host, challenge_, host.draft(challenge_).seal()),
        log_(std::move(log)),
        evidence_(verify_boot_log(quote_.quote(), log_)) {}

  [[nodiscard]] const VerifiedEvidence& operator*() const { return evidence_; }

  [[nodiscard]] const VerifiedEvidence* operator->() const { return &evidence_; }

  // Codes of what fails.
  [[nodiscard]] std::vector<FindingCode> failures() const {
    return codes(at_least(Severity::kFail, evidence_.findings()));
  }

  [[nodiscard]] std::vector<FindingCode> all() const { return codes(evidence_.findings()); }

 private:
  Challenge challenge_;
  QuoteCheck quote_;
  Bytes log_;
  VerifiedEvidence evidence_;
};

Bytes log_without_pcr(const SoftwareHost& host, std::uint32_t pcr) {
  std::vector<Measured> boot = host.boot;
  std::erase_if(boot, [pcr](const Measured& event) { return event.pcr == pcr; });
  return log_of(boot, host.banks, host.locality);
}

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

BootProof proof_of(const SoftwareHost& host) {
  BootProof proof;
  proof.pcrs = KnownPcrs(host.draft(host.challenge()).quoted.front());
  return proof;
}

TEST(RecallBoot, IsTheBootThatTheQuoteProved) {
  const SoftwareHost host;
  const Bytes log = host.log();
  const std::optional<VerifiedBoot> recalled = recall_boot(proof_of(host), log);
  const BootLogCheck verified(host, log);
  ASSERT_TRUE(recalled);
  EXPECT_TRUE(recalled->is_proven());
  EXPECT_EQ(recalled->pcrs(), verified->pcrs());
  EXPECT_EQ(recalled->proven_pcrs(), verified->proven_pcrs());
  EXPECT_EQ(recalled->findings(), verified->findings());
  EXPECT_EQ(recalled->boot_log().events.size(), verified->boot_log().events.size());
}

// What is stored beside a proof is not believed: it explains each value, or there is nothing.
TEST(RecallBoot, GivesNothingForALogThatDoesNotExplainAllValues) {
  const SoftwareHost host;
  const BootProof proof = proof_of(host);
  const Bytes log = host.log();
  for (const std::uint32_t pcr : {0U, 1U, 4U, 7U, 8U, 14U}) {
    EXPECT_FALSE(recall_boot(proof, log_without_pcr(host, pcr)).has_value()) << pcr;
  }
  SoftwareHost other;
  other.boot.push_back(measured(4, event_type::kIpl, "one event more"));
  EXPECT_FALSE(recall_boot(proof, other.log()).has_value());
  EXPECT_FALSE(recall_boot(proof_of(other), log).has_value());
  EXPECT_FALSE(recall_boot(proof, ByteView(log).first(log.size() - 1)));
  EXPECT_FALSE(recall_boot(proof, {}).has_value());
}

TEST(RecallBoot, GivesNothingForValuesOfAnotherBankOrOfAnUntouchedOne) {
  const SoftwareHost host;
  for (const HashAlgorithm bank : {HashAlgorithm::kSha384, kSha256}) {
    PcrBank values(bank);
    values.set(0, Digest(bank));  // of SHA-256 there are events, but the PCR is untouched
    BootProof proof;
    proof.pcrs = KnownPcrs(values);
    EXPECT_FALSE(recall_boot(proof, host.log()).has_value()) << name_of(bank);
  }
}

// PCR 10 is the runtime list's to explain.
TEST(RecallBoot, LeavesPcr10Alone) {
  const SoftwareHost host;
  BootProof proof = proof_of(host);
  PcrBank values = proof.pcrs.values();
  values.set(kImaPcr, hash(kSha256, as_bytes("files")));
  proof.pcrs = KnownPcrs(values);
  const Bytes log = host.log();
  EXPECT_TRUE(recall_boot(proof, log).has_value());
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

// A log of two halves: EV_NO_ACTION events of any kind, between the header and the boot.
class OddLog : public ::testing::Test {
 protected:
  static BootLogCheck check(const std::function<void(BootLogWriter&)>& odd) {
    SoftwareHost host;
    BootLogWriter writer(BootLogFormat::kCryptoAgile, host.banks);
    writer.startup_locality(host.locality);
    odd(writer);
    for (const Measured& event : host.boot) {
      writer.event(event.pcr, event.type, event.measured, event.data);
    }
    return {host, to_bytes(writer.bytes())};
  }

  static std::vector<Digest> zeros() { return {Digest(kSha1), Digest(kSha256)}; }
};

TEST_F(OddLog, EvNoAction_ASecondSpecIdIsAFailure) {
  const auto found = check([](BootLogWriter& writer) {
    const std::string_view spec_id("Spec ID Event03\0", 16);
    writer.event_with_digests(0, event_type::kNoAction, zeros(), as_bytes(spec_id));
  });
  EXPECT_THAT(found.failures(), ElementsAre(FindingCode::kLogSpecIdRepeated));
}

TEST_F(OddLog, EvNoAction_ADigestIsAWarning) {
  const auto found = check([](BootLogWriter& writer) {
    writer.event(0, event_type::kNoAction, as_bytes("x"), as_bytes("x"));
  });
  EXPECT_TRUE(found->is_proven()) << "it is not extended";
  EXPECT_THAT(codes(at_least(Severity::kWarning, found->findings())),
              ElementsAre(FindingCode::kLogNoActionDigest));
}

TEST_F(OddLog, EvNoAction_AnotherPcrIsANote) {
  const auto found = check([](BootLogWriter& writer) {
    writer.event_with_digests(6, event_type::kNoAction, zeros(), as_bytes("x"));
  });
  EXPECT_TRUE(found->is_proven());
  EXPECT_THAT(found.all(), Contains(FindingCode::kLogNoActionPcr));
  EXPECT_THAT(found.failures(), IsEmpty());
}

TEST_F(OddLog, EvNoAction_ASecondLocalityIsAWarning) {
  const auto found = check([](BootLogWriter& writer) { writer.startup_locality(4); });
  EXPECT_TRUE(found->is_proven()) << "the first one counts";
  EXPECT_THAT(codes(at_least(Severity::kWarning, found->findings())),
              ElementsAre(FindingCode::kLogLocality));
}

TEST(VerifyBootLog, FindsALocalityThatDoesNotExist) {
  const SoftwareHost host;
  const BootLogCheck check(host, log_of(host.boot, host.banks, 255));
  EXPECT_THAT(check.all(), Contains(FindingCode::kLogLocality));
  EXPECT_THAT(check.failures(), ElementsAre(FindingCode::kLogMismatch));
}

// An event without a digest of the quoted bank: its PCR cannot be replayed.
TEST(VerifyBootLog, FindsAnEventWithoutADigestOfTheQuotedBank) {
  SoftwareHost host;
  Bytes log = host.log();
  ByteWriter event;
  const Digest digest = hash(kSha1, as_bytes("x"));
  event.u32_le(8).u32_le(event_type::kIpl).u32_le(1);
  event.u16_le(static_cast<std::uint16_t>(kSha1)).bytes(digest.view()).sized32_le(as_bytes("x"));
  log.insert(log.end(), event.view().begin(), event.view().end());
  const BootLogCheck check(host, log);
  EXPECT_FALSE(check->is_proven());
  EXPECT_THAT(check.all(), Contains(FindingCode::kLogDigestMissing));
  EXPECT_THAT(check.failures(), ElementsAre(FindingCode::kLogNoEvents));
  EXPECT_EQ(check->proven_pcrs() >> 8U & 1U, 0U);
}

TEST(QuoteCve, Cve2021_42299_FindsABankThatFirmwareLeftUnextended) {
  SoftwareHost host;
  host.boot.clear();
  const BootLogCheck check(host, log_of({}, host.banks, 0));
  EXPECT_FALSE(check->is_proven());
  EXPECT_EQ(check->proven_pcrs() & 0xFFU, 0U);
  EXPECT_THAT(check.failures(),
              ElementsAre(FindingCode::kBootPcrUnextended, FindingCode::kBootPcrUnextended,
                          FindingCode::kBootPcrUnextended, FindingCode::kBootPcrUnextended,
                          FindingCode::kBootPcrUnextended, FindingCode::kBootPcrUnextended,
                          FindingCode::kBootPcrUnextended, FindingCode::kBootPcrUnextended));
}

// One of the firmware's PCRs at zero is enough: each gets a separator at least.
TEST(QuoteCve, Cve2021_42299_FindsASinglePcrWithoutItsSeparator) {
  SoftwareHost host;
  std::erase_if(host.boot, [](const Measured& event) { return event.pcr == 6; });
  const BootLogCheck check(host, host.log());
  EXPECT_THAT(check.failures(), ElementsAre(FindingCode::kBootPcrUnextended));
  EXPECT_EQ(at_least(Severity::kFail, check->findings()).front().pcr, 6U);
}

// The quote covers SHA-256 alone; the log's SHA-1 digests tell another story, and nobody may take
// them for proven.
TEST(QuoteCve, Cve2021_42299_NotesABankThatIsNotQuoted) {
  const SoftwareHost host;
  BootLogWriter writer(BootLogFormat::kCryptoAgile, host.banks);
  writer.startup_locality(host.locality);
  for (const Measured& event : host.boot) {
    writer.event_with_digests(event.pcr, event.type,
                              {hash(kSha1, as_bytes("a lie")), hash(kSha256, event.measured)},
                              event.data);
  }
  const BootLogCheck check(host, to_bytes(writer.bytes()));
  EXPECT_TRUE(check->is_proven());
  ASSERT_THAT(check.all(), ElementsAre(FindingCode::kLogBankUnquoted));
  EXPECT_EQ(check->findings().front().subject, "sha1");
}

TEST(QuoteDesign, DroppedEvents_DroppingAllOfPcr4Or7IsUnproven) {
  const SoftwareHost host;
  for (const std::uint32_t pcr : {4U, 7U}) {
    const BootLogCheck check(host, log_without_pcr(host, pcr));
    EXPECT_THAT(check.failures(), ElementsAre(FindingCode::kLogNoEvents));
    EXPECT_THAT(message_of(at_least(Severity::kFail, check->findings()).front()),
                HasSubstr("has no event that explains it"));
  }
}

TEST(QuoteDesign, Ghsa_qp88_8f4j_wv7q_APcrIndexOutOfRangeBreaksTheLog) {
  for (const std::uint32_t pcr : {24U, 0x7FFFFFFFU, 0xFFFFFFFFU}) {
    const SoftwareHost host;
    std::vector<Measured> boot = host.boot;
    boot.push_back(measured(pcr, event_type::kIpl, "x"));
    const BootLogCheck check(host, log_of(boot, host.banks, host.locality));
    EXPECT_FALSE(check->is_proven());
    EXPECT_THAT(check.failures(), ElementsAre(FindingCode::kLogMalformed));
  }
}

}  // namespace
}  // namespace quotemill
