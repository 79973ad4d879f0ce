#include "deploy/quotemill-verify/quote_check.h"

#include <gtest/gtest.h>

#include "engine/tpm/constants.h"
#include "tests/deploy/quotemill-verify/quote_scene.h"

namespace quotemill::offline {
namespace {

using quotemill::testing::count;
using quotemill::testing::fails_with;
using quotemill::testing::has_unchecked;
using quotemill::testing::Scene;
using quotemill::testing::SigningKey;
using quotemill::testing::test_key;

TEST(QuoteCheck, ProvesAGoodQuoteWithItsLog) {
  Scene scene;
  scene.sign();
  scene.give({scene.values});
  const QuoteReport report = scene.judge();
  EXPECT_TRUE(report.proven());
  ASSERT_EQ(report.pcrs.size(), 8U);
  for (const PcrRow& row : report.pcrs) {
    EXPECT_EQ(row.proof, PcrProof::kReplayed);
  }
  EXPECT_FALSE(has_unchecked(report, "ak_attributes"));
  EXPECT_TRUE(has_unchecked(report, "ak_origin"));
}

TEST(QuoteCheck, RefusesAnotherKeysSignature) {
  Scene scene;
  scene.sign(SigningKey::generate(KeyKind::kEcP256));
  scene.give({scene.values});
  const QuoteReport report = scene.judge();
  EXPECT_TRUE(fails_with(report, FindingCode::kQuoteSignature));
  EXPECT_FALSE(report.quote.has_value());
  EXPECT_TRUE(report.pcrs.empty());
}

TEST(QuoteCheckCve, Cve2024_29038_RejectsWrongMagicValidlySigned) {
  Scene scene;
  scene.sign(test_key(), [](Bytes& attest) { attest[0] = 0xFE; });
  scene.give({scene.values});
  EXPECT_TRUE(fails_with(scene.judge(), FindingCode::kQuoteMalformed));
}

TEST(QuoteCheckCve, Cve2024_29039_RejectsRelabelledPcrs) {
  Scene scene;
  const PcrBank good = scene.values;
  PcrBank resettable(HashAlgorithm::kSha256);
  resettable.set(16, good.at(0));
  resettable.set(23, good.at(7));
  scene.values = resettable;
  scene.sign();
  PcrBank claimed(HashAlgorithm::kSha256);
  claimed.set(0, good.at(0));
  claimed.set(7, good.at(7));
  scene.give({claimed});
  const QuoteReport report = scene.judge();
  EXPECT_TRUE(fails_with(report, FindingCode::kQuoteSelection));
  EXPECT_TRUE(report.pcrs.empty());
}

TEST(QuoteCheckCve, Cve2022_0317_RejectsAnEmptySelection) {
  Scene scene;
  scene.empty_selection = true;
  scene.sign();
  scene.give({scene.values});
  EXPECT_TRUE(fails_with(scene.judge(), FindingCode::kQuoteSelection));
}

// `tpm2_pcrread` beside a quote of two PCRs: the rest is neither proven nor a fault.
TEST(QuoteCheckCve, Cve2022_0317_ShowsNoValueThatIsNotQuoted) {
  Scene scene;
  const PcrBank all = scene.values;
  PcrBank quoted(HashAlgorithm::kSha256);
  quoted.set(0, all.at(0));
  quoted.set(1, all.at(1));
  PcrBank other(HashAlgorithm::kSha1);
  other.set(3, Digest(HashAlgorithm::kSha1));
  scene.values = quoted;
  scene.sign();
  scene.give({other, all});
  const QuoteReport report = scene.judge();
  EXPECT_TRUE(report.proven());
  ASSERT_EQ(report.pcrs.size(), 2U);
  EXPECT_EQ(report.pcrs[0].value, all.at(0));
  EXPECT_EQ(report.pcrs[1].pcr, 1U);
  EXPECT_TRUE(has_unchecked(report, "unquoted_pcrs"));
  EXPECT_EQ(to_string(report.unquoted), "sha1:3+sha256:2,3,4,5,6,7");
}

// What is not quoted may be made up; what the log makes of it is no matter.
TEST(QuoteCheckCve, Cve2022_0317_ValuesBeyondTheQuoteChangeNothing) {
  Scene scene;
  PcrBank quoted(HashAlgorithm::kSha256);
  quoted.set(0, scene.values.at(0));
  PcrBank given = scene.values;
  given.set(4, hash(HashAlgorithm::kSha256, as_bytes("bootkit")));
  scene.values = quoted;
  scene.sign();
  scene.give({given});
  EXPECT_TRUE(scene.judge().proven());
  given.set(0, given.at(4));
  scene.give({given});
  const QuoteReport report = scene.judge();
  EXPECT_TRUE(fails_with(report, FindingCode::kQuotePcrDigest));
  EXPECT_TRUE(report.pcrs.empty());
}

TEST(QuoteCheck, AQuotedPcrWithoutAValueIsNotProven) {
  Scene scene;
  scene.sign();
  PcrBank given(HashAlgorithm::kSha256);
  for (std::uint32_t pcr = 1; pcr < limits::kPcrCount; ++pcr) {
    given.set(pcr, scene.values.has(pcr) ? scene.values.at(pcr) : Digest(HashAlgorithm::kSha256));
  }
  scene.give({given});
  const QuoteReport report = scene.judge();
  EXPECT_TRUE(fails_with(report, FindingCode::kQuoteSelection));
  EXPECT_TRUE(report.pcrs.empty());
}

TEST(QuoteCheckCve, Cve2021_42299_RejectsABankWithoutARoot) {
  Scene scene;
  PcrBank filled(HashAlgorithm::kSha384);
  filled.set(0, Digest(HashAlgorithm::kSha384));
  scene.values = filled;
  Quote quote;
  quote.extra_data = scene.extra_data;
  quote.selections = {filled.selection()};
  const Digest digest = *pcr_digest(quote.selections, {filled}, HashAlgorithm::kSha256);
  quote.pcr_digest = digest.view();
  scene.attest = encode_quote(quote);
  scene.signature = test_key().sign_as_tpm(scene.attest);
  scene.pcr_file = to_bytes(as_bytes("sha384:0 " + filled.at(0).hex() + "\n"));
  EXPECT_TRUE(fails_with(scene.judge(), FindingCode::kLogBankMissing));

  Scene zero;  // the bank is in the log, but the log has nothing for PCR 0
  zero.log = BootLogWriter(BootLogFormat::kCryptoAgile, {HashAlgorithm::kSha256});
  zero.log.event(7, event_type::kSeparator, Bytes(4, 0), Bytes(4, 0));
  zero.values = replay(read_boot_log(zero.log.bytes()).log, HashAlgorithm::kSha256);
  zero.values.set(0, Digest(HashAlgorithm::kSha256));
  zero.sign();
  zero.give({zero.values});
  EXPECT_TRUE(fails_with(zero.judge(), FindingCode::kBootPcrUnextended));
}

TEST(QuoteCheck, RejectsAPcrDigestOfOtherValues) {
  Scene scene;
  scene.sign();
  PcrBank other = scene.values;
  other.set(4, hash(HashAlgorithm::kSha256, as_bytes("other")));
  scene.give({other});
  EXPECT_TRUE(fails_with(scene.judge(), FindingCode::kQuotePcrDigest));
}

TEST(QuoteCheck, RejectsAnotherNonceByteForByte) {
  Scene scene;
  scene.sign();
  scene.give({scene.values});
  for (const Bytes& nonce : {Bytes{1, 2, 3}, Bytes{1, 2, 3, 4, 0}, Bytes{}, Bytes{1, 2, 3, 5}}) {
    scene.nonce = nonce;
    EXPECT_TRUE(fails_with(scene.judge(), FindingCode::kQuoteNonce));
  }
}

TEST(QuoteCheck, SaysThatFreshnessIsUnchecked) {
  Scene scene;
  scene.sign();
  const AttestationKey ak{scene.key.key, std::nullopt, false};
  const QuoteReport report =
      verify_quote({.key = ak, .attest = scene.attest, .signature = scene.signature});
  EXPECT_TRUE(report.proven());
  EXPECT_EQ(count(report, FindingCode::kFreshnessUnchecked, Severity::kWarning), 1U);
  for (const char* word : {"nonce", "pcrs", "eventlog", "ak_attributes", "ak_origin", "clock"}) {
    EXPECT_TRUE(has_unchecked(report, word)) << word;
  }
}

TEST(QuoteCheck, SaysThatFreshnessIsUncheckedWhateverElseFails) {
  Scene good;
  good.sign();
  Scene forged;
  forged.sign(SigningKey::generate(KeyKind::kEcP256));
  Scene unreadable;
  unreadable.sign();
  unreadable.signature = {1, 2, 3};
  Scene malformed;
  malformed.sign(test_key(), [](Bytes& attest) { attest[0] = 0xFE; });
  for (Scene* scene : {&good, &forged, &unreadable, &malformed}) {
    EXPECT_EQ(count(scene->judge(), FindingCode::kFreshnessUnchecked, Severity::kWarning), 0U);
    scene->nonce.reset();
    const QuoteReport report = scene->judge();
    EXPECT_EQ(count(report, FindingCode::kFreshnessUnchecked, Severity::kWarning), 1U);
    EXPECT_TRUE(has_unchecked(report, "nonce"));
    EXPECT_EQ(report.proven(), scene == &good);
  }
}

TEST(QuoteCheck, SaysThatAQuotedPcr10IsUncheckedWithoutItsList) {
  Scene scene;
  scene.with_log = false;
  scene.values.set(kImaPcr, hash(HashAlgorithm::kSha256, as_bytes("measured")));
  scene.sign();
  const QuoteReport report = scene.judge();
  EXPECT_TRUE(report.proven());
  EXPECT_TRUE(has_unchecked(report, "ima"));
}

TEST(QuoteCheck, RejectsKeysThatCouldSignAnything) {
  for (const std::uint32_t bit : {tpm::kRestricted, tpm::kFixedTpm, tpm::kFixedParent,
                                  tpm::kSensitiveDataOrigin, tpm::kSignEncrypt}) {
    Scene scene;
    scene.sign();
    scene.give({scene.values});
    scene.key.attributes &= ~bit;
    EXPECT_TRUE(fails_with(scene.judge(), FindingCode::kQuoteAttestationKey)) << bit;
  }
}

TEST(QuoteCheck, RefusesWeakAlgorithmsUnlessAllowed) {
  const SigningKey small = SigningKey::generate(KeyKind::kRsa, 1024);
  Scene scene;
  scene.sign(small);
  const AttestationKey ak{small.public_key(), std::nullopt, false};
  QuoteInputs inputs{.key = ak, .attest = scene.attest, .signature = scene.signature};
  EXPECT_TRUE(fails_with(verify_quote(inputs), FindingCode::kQuoteWeakAlgorithm));
  inputs.weak = WeakAlgorithms::kAllow;
  const QuoteReport allowed = verify_quote(inputs);
  EXPECT_TRUE(allowed.proven());
  EXPECT_EQ(count(allowed, FindingCode::kQuoteWeakAlgorithm, Severity::kWarning), 1U);
}

TEST(QuoteCheck, NamesThePcrThatTheLogDoesNotGive) {
  Scene scene;
  scene.values.set(4, hash(HashAlgorithm::kSha256, as_bytes("bootkit")));
  scene.sign();
  scene.give({scene.values});
  const QuoteReport report = scene.judge();
  EXPECT_TRUE(fails_with(report, FindingCode::kLogMismatch));
  EXPECT_EQ(report.findings.front().pcr, 4U);
  EXPECT_EQ(report.pcrs.at(4).proof, PcrProof::kMismatch);
  EXPECT_EQ(report.pcrs.at(5).proof, PcrProof::kReplayed);
}

TEST(QuoteCheck, NamesAnExtendOfZerosThatTheLogDoesNotTell) {
  Scene scene;
  Digest capped = scene.values.at(5);
  extend(capped, Digest(HashAlgorithm::kSha256).view());
  scene.values.set(5, capped);
  scene.sign();
  scene.give({scene.values});
  const QuoteReport report = scene.judge();
  EXPECT_TRUE(fails_with(report, FindingCode::kLogMismatch));
  EXPECT_NE(report.findings.front().subject.find("as Windows caps a bank"), std::string::npos);
  EXPECT_EQ(report.pcrs.at(5).proof, PcrProof::kMismatch);
}

TEST(QuoteCheck, DroppedEventsAreUnprovenNotFine) {
  Scene scene;
  scene.values.set(8, hash(HashAlgorithm::kSha256, as_bytes("grub")));
  scene.sign();
  scene.give({scene.values});
  const QuoteReport of_system = scene.judge();
  EXPECT_TRUE(of_system.proven());
  EXPECT_EQ(count(of_system, FindingCode::kLogNoEvents, Severity::kWarning), 1U);
  EXPECT_EQ(of_system.pcrs.back().proof, PcrProof::kUnproven);

  Scene dropped;
  dropped.log = BootLogWriter(BootLogFormat::kCryptoAgile, {HashAlgorithm::kSha256});
  dropped.log.startup_locality(3);
  for (const std::uint32_t pcr : {0U, 1U, 2U, 3U, 5U, 6U, 7U}) {  // none of PCR 4
    dropped.log.event(pcr, event_type::kSeparator, Bytes(4, 0), Bytes(4, 0));
  }
  dropped.sign();
  dropped.give({dropped.values});
  EXPECT_TRUE(fails_with(dropped.judge(), FindingCode::kLogNoEvents));
}

TEST(QuoteCheck, ABrokenLogIsNotProven) {
  Scene scene;
  scene.sign();
  scene.give({scene.values});
  scene.log.event(24, event_type::kSeparator, Bytes(4, 0), Bytes(4, 0));
  EXPECT_TRUE(fails_with(scene.judge(), FindingCode::kLogMalformed));
}

TEST(QuoteCheck, AnImaListNeedsPcr10) {
  Scene scene;
  scene.sign();
  scene.give({scene.values});
  const AttestationKey ak{scene.key.key, scene.key, false};
  QuoteInputs inputs{.key = ak, .attest = scene.attest, .signature = scene.signature};
  inputs.pcrs = scene.pcr_file;
  inputs.ima_log = ByteView{};
  EXPECT_TRUE(fails_with(verify_quote(inputs), FindingCode::kQuoteSelection));
}

TEST(QuoteCheck, RandomBytesAreJudgedNotProven) {
  Scene scene;
  scene.sign();
  const AttestationKey ak{scene.key.key, scene.key, false};
  for (std::size_t size = 0; size < 200; ++size) {
    const Bytes garbage(size, static_cast<std::uint8_t>(size));
    EXPECT_FALSE(
        verify_quote({.key = ak, .attest = garbage, .signature = scene.signature}).proven());
    EXPECT_FALSE(verify_quote({.key = ak, .attest = scene.attest, .signature = garbage}).proven());
  }
}

}  // namespace
}  // namespace quotemill::offline
