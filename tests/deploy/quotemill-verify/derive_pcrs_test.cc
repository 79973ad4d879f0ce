// Quotes without PCR values: what the logs alone prove, and what they do not.
#include "deploy/quotemill-verify/derive_pcrs.h"

#include <gtest/gtest.h>

#include "tests/deploy/quotemill-verify/quote_scene.h"
#include "tests/engine/eventlog/ima_bytes.h"

namespace quotemill::offline {
namespace {

using quotemill::testing::fails_with;
using quotemill::testing::has_unchecked;
using quotemill::testing::joined;
using quotemill::testing::ng_data;
using quotemill::testing::ng_entry;
using quotemill::testing::Scene;

using Files = std::vector<std::string_view>;

const Files kFiles = {"boot_aggregate", "/bin/sh", "/bin/ls"};

Bytes list_of(const Files& files) {
  std::vector<Bytes> entries;
  for (const std::string_view file : files) {
    entries.push_back(ng_entry(file));
  }
  return joined(entries);
}

// PCR 10 of a kernel that measured these files.
Digest measured(HashAlgorithm bank, ImaDigestForm form, const Files& files) {
  Digest pcr(bank);
  for (const std::string_view file : files) {
    const Bytes data = ng_data(Bytes(32, 0xAB), file);
    const bool hashed = form == ImaDigestForm::kHashed;
    Bytes digest = to_bytes(hash(hashed ? bank : HashAlgorithm::kSha1, data).view());
    digest.resize(digest_size(bank));
    extend(pcr, digest);
  }
  return pcr;
}

// A quote over PCR 0 to 7 and 10, after the kernel measured some files.
Scene with_ima(const Files& files, ImaDigestForm form = ImaDigestForm::kHashed) {
  Scene scene;
  scene.values.set(kImaPcr, measured(HashAlgorithm::kSha256, form, files));
  scene.sign();
  scene.ima_list = list_of(kFiles);
  return scene;
}

std::vector<std::uint32_t> pcrs_named(const QuoteReport& report, FindingCode code) {
  std::vector<std::uint32_t> pcrs;
  for (const Finding& finding : report.findings) {
    if (finding.code == code && finding.pcr.has_value()) {
      pcrs.push_back(*finding.pcr);
    }
  }
  return pcrs;
}

TEST(DerivePcrs, TheBootLogGivesThemAndResetValuesTheRest) {
  Scene scene;
  scene.values.set(11, Digest(HashAlgorithm::kSha256));  // quoted, never extended
  scene.values.set(17, *Digest::from(HashAlgorithm::kSha256, Bytes(32, 0xFF)));
  scene.sign();
  const QuoteReport report = scene.judge();
  EXPECT_TRUE(report.proven());
  ASSERT_EQ(report.pcrs.size(), 10U);
  EXPECT_EQ(report.pcrs[7].proof, PcrProof::kReplayed);
  EXPECT_EQ(report.pcrs[8].proof, PcrProof::kReset);
  EXPECT_EQ(report.pcrs[9].proof, PcrProof::kReset);
}

TEST(DerivePcrs, TheImaListGivesPcr10InEachForm) {
  for (const ImaDigestForm form : {ImaDigestForm::kHashed, ImaDigestForm::kPadded}) {
    const QuoteReport report = with_ima(kFiles, form).judge();
    EXPECT_TRUE(report.proven()) << name_of(form);
    ASSERT_EQ(report.pcrs.size(), 9U);
    EXPECT_EQ(report.pcrs[8].proof, PcrProof::kReplayed);
    EXPECT_EQ(report.ima->proven_entries, 3U);
    EXPECT_FALSE(has_unchecked(report, "pcrs"));
    EXPECT_FALSE(has_unchecked(report, "ima_tail"));
  }
}

TEST(DerivePcrs, AnyBeginningOfTheImaListMayBeWhatWasQuoted) {
  for (std::size_t entries = 0; entries <= kFiles.size(); ++entries) {
    const Files files(kFiles.begin(), kFiles.begin() + static_cast<std::ptrdiff_t>(entries));
    const QuoteReport report = with_ima(files).judge();
    EXPECT_TRUE(report.proven()) << entries;
    ASSERT_TRUE(report.ima.has_value()) << entries;
    EXPECT_EQ(report.ima->proven_entries, entries);
    EXPECT_EQ(has_unchecked(report, "ima_tail"), entries < kFiles.size());
  }
}

TEST(DerivePcrs, AQuoteOfPcr10AloneNeedsItsListOnly) {
  Scene scene;
  scene.with_log = false;
  scene.values = PcrBank(HashAlgorithm::kSha1);
  scene.values.set(kImaPcr, measured(HashAlgorithm::kSha1, ImaDigestForm::kListed, kFiles));
  scene.sign();
  scene.ima_list = list_of(kFiles);
  const QuoteReport report = scene.judge();
  EXPECT_TRUE(report.proven());
  EXPECT_EQ(report.ima->proven_entries, 3U);
  EXPECT_TRUE(has_unchecked(report, "eventlog"));
  scene.ima_list = list_of({"boot_aggregate", "/bin/other", "/bin/ls"});
  const QuoteReport other = scene.judge();
  EXPECT_TRUE(fails_with(other, FindingCode::kImaMismatch));
  EXPECT_FALSE(fails_with(other, FindingCode::kLogMismatch));
  EXPECT_TRUE(other.pcrs.empty());
}

// As of a kernel that has SHA-1 and SHA-256 built in, and no SHA-384.
TEST(DerivePcrs, BanksMayDifferInHowTheyTookTheList) {
  Scene scene;
  scene.log = BootLogWriter(BootLogFormat::kCryptoAgile,
                            {HashAlgorithm::kSha1, HashAlgorithm::kSha256, HashAlgorithm::kSha384});
  for (std::uint32_t pcr = 0; pcr < 8; ++pcr) {
    scene.log.event(pcr, event_type::kSeparator, Bytes(4, 0), Bytes(4, 0));
  }
  scene.values = replay(read_boot_log(scene.log.bytes()).log, HashAlgorithm::kSha256);
  const Files quoted = {"boot_aggregate", "/bin/sh"};
  PcrBank sha1(HashAlgorithm::kSha1);
  PcrBank sha384(HashAlgorithm::kSha384);
  sha1.set(kImaPcr, measured(HashAlgorithm::kSha1, ImaDigestForm::kListed, quoted));
  sha384.set(kImaPcr, measured(HashAlgorithm::kSha384, ImaDigestForm::kPadded, quoted));
  scene.values.set(kImaPcr, measured(HashAlgorithm::kSha256, ImaDigestForm::kHashed, quoted));
  scene.more = {sha1, sha384};
  scene.sign();
  scene.ima_list = list_of(kFiles);
  const QuoteReport report = scene.judge();
  EXPECT_TRUE(report.proven());
  ASSERT_EQ(report.pcrs.size(), 11U);
  EXPECT_EQ(report.ima->proven_entries, 2U);
}

TEST(DerivePcrs, EntriesOfOtherPcrsNeitherHelpNorHurt) {
  Scene scene = with_ima({"boot_aggregate", "/bin/sh"});
  scene.ima_list = joined({ng_entry("boot_aggregate"), ng_entry("/x", 11), ng_entry("/bin/sh")});
  EXPECT_TRUE(scene.judge().proven());
}

TEST(DerivePcrs, NamesThePcrThatNoLogExplainsAndSpeaksOfNoValuesSent) {
  Scene scene = with_ima(kFiles);
  scene.ima_list.reset();
  const QuoteReport report = scene.judge();
  EXPECT_TRUE(fails_with(report, FindingCode::kLogNoEvents));
  EXPECT_EQ(pcrs_named(report, FindingCode::kLogNoEvents), std::vector<std::uint32_t>{kImaPcr});
  EXPECT_FALSE(fails_with(report, FindingCode::kQuotePcrDigest));
  EXPECT_FALSE(fails_with(report, FindingCode::kLogMismatch));
  EXPECT_TRUE(report.pcrs.empty());
  for (const char* word : {"pcrs", "eventlog", "ima"}) {
    EXPECT_TRUE(has_unchecked(report, word)) << word;
  }
}

TEST(DerivePcrs, ACutLogNamesTheBreakAndThePcrBehindIt) {
  Scene scene;
  scene.sign();
  const AttestationKey ak{scene.key.key, scene.key, false};
  const ByteView log = scene.log.bytes();
  QuoteInputs inputs{.key = ak, .attest = scene.attest, .signature = scene.signature};
  inputs.event_log = log.first(log.size() - 60);
  const QuoteReport report = verify_quote(inputs);
  EXPECT_TRUE(fails_with(report, FindingCode::kLogMalformed));
  EXPECT_EQ(pcrs_named(report, FindingCode::kLogNoEvents), std::vector<std::uint32_t>{7});
}

TEST(DerivePcrs, IfTheLogsTellEveryPcrOneOfThemDiffers) {
  Scene scene = with_ima(kFiles);
  scene.log.event(4, event_type::kSeparator, Bytes(4, 1), Bytes(4, 1));
  const QuoteReport report = scene.judge();
  EXPECT_TRUE(fails_with(report, FindingCode::kLogMismatch));
  EXPECT_TRUE(fails_with(report, FindingCode::kImaMismatch));
  EXPECT_TRUE(report.pcrs.empty());

  Scene alone;
  alone.sign();
  alone.log.event(4, event_type::kSeparator, Bytes(4, 1), Bytes(4, 1));
  EXPECT_TRUE(fails_with(alone.judge(), FindingCode::kLogMismatch));
  EXPECT_FALSE(fails_with(alone.judge(), FindingCode::kImaMismatch));
}

TEST(DerivePcrs, ABankThatTheLogLacksIsNamed) {
  Scene scene;
  PcrBank sha384(HashAlgorithm::kSha384);
  sha384.set(0, hash(HashAlgorithm::kSha384, as_bytes("firmware")));
  scene.more = {sha384};
  scene.sign();
  EXPECT_TRUE(fails_with(scene.judge(), FindingCode::kLogBankMissing));
}

TEST(DerivePcrs, ABrokenImaListIsNotProvenWhereverItFits) {
  Scene scene = with_ima(kFiles);
  scene.ima_list->push_back(10);
  EXPECT_TRUE(fails_with(scene.judge(), FindingCode::kImaMalformed));
  scene.ima_list->front() = 11;  // the first entry is for another PCR now
  const QuoteReport report = scene.judge();
  EXPECT_TRUE(fails_with(report, FindingCode::kImaMalformed));
  EXPECT_TRUE(fails_with(report, FindingCode::kImaMismatch));
}

}  // namespace
}  // namespace quotemill::offline
