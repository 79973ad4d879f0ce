// Logs as no honest firmware writes them.
#include <functional>

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
using testing::SoftwareHost;

constexpr HashAlgorithm kSha1 = HashAlgorithm::kSha1;
constexpr HashAlgorithm kSha256 = HashAlgorithm::kSha256;

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
