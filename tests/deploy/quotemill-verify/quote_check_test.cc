#include "deploy/quotemill-verify/quote_check.h"

#include <algorithm>

#include <gtest/gtest.h>

#include "engine/crypto/hash.h"
#include "engine/eventlog/boot_log_writer.h"
#include "engine/eventlog/event_type.h"
#include "engine/eventlog/replay.h"
#include "engine/tpm/constants.h"
#include "tests/support/signing_key.h"

namespace quotemill::offline {
namespace {

using quotemill::testing::good_attestation_key;
using quotemill::testing::SigningKey;

constexpr std::uint32_t kFirmwareMask = 0xFF;

SigningKey& test_key() {
  static SigningKey key = SigningKey::generate(KeyKind::kEcP256);
  return key;
}

// A machine whose firmware logged something in PCR 0 to 7, and a quote over what you like.
struct Scene {
  Scene() : log(BootLogFormat::kCryptoAgile, {HashAlgorithm::kSha1, HashAlgorithm::kSha256}) {
    log.startup_locality(3);
    for (std::uint32_t pcr = 0; pcr < 8; ++pcr) {
      log.event(pcr, event_type::kSeparator, Bytes(4, 0), Bytes(4, 0));
    }
    values = replay(read_boot_log(log.bytes()).log, HashAlgorithm::kSha256);
  }

  // TPMS_ATTEST over `values`, signed; `change` may spoil the bytes before they are signed.
  void sign(const SigningKey& signer = test_key(), void (*change)(Bytes&) = nullptr) {
    Quote quote;
    quote.extra_data = nonce;
    quote.selections = {values.selection()};
    if (empty_selection) {
      quote.selections.clear();
    }
    const Digest digest = *pcr_digest(quote.selections, {values}, HashAlgorithm::kSha256);
    quote.pcr_digest = digest.view();
    attest = encode_quote(quote);
    if (change != nullptr) {
      change(attest);
    }
    signature = signer.sign_as_tpm(attest);
  }

  void give(const PcrBank& bank) {
    std::string text;
    for (std::uint32_t pcr = 0; pcr < limits::kPcrCount; ++pcr) {
      if (bank.has(pcr)) {
        text += "sha256:" + std::to_string(pcr) + " " + bank.at(pcr).hex() + "\n";
      }
    }
    pcr_file = to_bytes(as_bytes(text));
  }

  QuoteReport judge() const {
    const AttestationKey ak{key.key, key, false};
    QuoteInputs inputs{.key = ak, .attest = attest, .signature = signature};
    inputs.nonce = nonce;
    inputs.pcrs = pcr_file;
    inputs.event_log = log.bytes();
    return verify_quote(inputs);
  }

  Bytes nonce = {1, 2, 3, 4};
  BootLogWriter log;
  PcrBank values;
  bool empty_selection = false;
  Bytes attest;
  Bytes signature;
  Bytes pcr_file;
  PublicArea key = good_attestation_key(test_key().public_key());
};

std::size_t count(const QuoteReport& report, FindingCode code, Severity severity) {
  return static_cast<std::size_t>(
      std::count_if(report.findings.begin(), report.findings.end(), [&](const Finding& finding) {
        return finding.code == code && finding.severity == severity;
      }));
}

bool fails_with(const QuoteReport& report, FindingCode code) {
  return !report.proven() && count(report, code, Severity::kFail) > 0;
}

bool has_unchecked(const QuoteReport& report, std::string_view word) {
  return std::find(report.unchecked.begin(), report.unchecked.end(), word) !=
         report.unchecked.end();
}

TEST(QuoteCheck, ProvesAGoodQuoteWithItsLog) {
  Scene scene;
  scene.sign();
  scene.give(scene.values);
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
  scene.give(scene.values);
  const QuoteReport report = scene.judge();
  EXPECT_TRUE(fails_with(report, FindingCode::kQuoteSignature));
  EXPECT_FALSE(report.quote.has_value());
  EXPECT_TRUE(report.pcrs.empty());
}

TEST(QuoteCheckCve, Cve2024_29038_RejectsWrongMagicValidlySigned) {
  Scene scene;
  scene.sign(test_key(), [](Bytes& attest) { attest[0] = 0xFE; });
  scene.give(scene.values);
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
  scene.give(claimed);
  const QuoteReport report = scene.judge();
  EXPECT_TRUE(fails_with(report, FindingCode::kQuoteSelection));
  EXPECT_TRUE(report.pcrs.empty());
}

TEST(QuoteCheckCve, Cve2022_0317_RejectsAnEmptySelection) {
  Scene scene;
  scene.empty_selection = true;
  scene.sign();
  scene.give(scene.values);
  EXPECT_TRUE(fails_with(scene.judge(), FindingCode::kQuoteSelection));
}

TEST(QuoteCheckCve, Cve2022_0317_RejectsMoreValuesThanQuoted) {
  Scene scene;
  const PcrBank all = scene.values;
  PcrBank one(HashAlgorithm::kSha256);
  one.set(0, all.at(0));
  scene.values = one;
  scene.sign();
  scene.give(all);
  EXPECT_TRUE(fails_with(scene.judge(), FindingCode::kQuoteSelection));
}

TEST(QuoteCheckCve, Cve2021_42299_RejectsABankWithoutARoot) {
  Scene scene;
  PcrBank filled(HashAlgorithm::kSha384);
  filled.set(0, Digest(HashAlgorithm::kSha384));
  scene.values = filled;
  Quote quote;
  quote.extra_data = scene.nonce;
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
  zero.give(zero.values);
  EXPECT_TRUE(fails_with(zero.judge(), FindingCode::kBootPcrUnextended));
}

TEST(QuoteCheck, RejectsAPcrDigestOfOtherValues) {
  Scene scene;
  scene.sign();
  PcrBank other = scene.values;
  other.set(4, hash(HashAlgorithm::kSha256, as_bytes("other")));
  scene.give(other);
  EXPECT_TRUE(fails_with(scene.judge(), FindingCode::kQuotePcrDigest));
}

TEST(QuoteCheck, RejectsAnotherNonceByteForByte) {
  Scene scene;
  scene.sign();
  scene.give(scene.values);
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

TEST(QuoteCheck, RejectsKeysThatCouldSignAnything) {
  for (const std::uint32_t bit : {tpm::kRestricted, tpm::kFixedTpm, tpm::kFixedParent,
                                  tpm::kSensitiveDataOrigin, tpm::kSignEncrypt}) {
    Scene scene;
    scene.sign();
    scene.give(scene.values);
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
  scene.give(scene.values);
  const QuoteReport report = scene.judge();
  EXPECT_TRUE(fails_with(report, FindingCode::kLogMismatch));
  EXPECT_EQ(report.findings.front().pcr, 4U);
  EXPECT_EQ(report.pcrs.at(4).proof, PcrProof::kMismatch);
  EXPECT_EQ(report.pcrs.at(5).proof, PcrProof::kReplayed);
}

TEST(QuoteCheck, DroppedEventsAreUnprovenNotFine) {
  Scene scene;
  scene.values.set(8, hash(HashAlgorithm::kSha256, as_bytes("grub")));
  scene.sign();
  scene.give(scene.values);
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
  dropped.give(dropped.values);
  EXPECT_TRUE(fails_with(dropped.judge(), FindingCode::kLogNoEvents));
}

TEST(QuoteCheck, DerivesValuesFromTheLogIfNoneAreGiven) {
  Scene scene;
  scene.values.set(11, Digest(HashAlgorithm::kSha256));  // quoted, never extended
  scene.sign();
  const AttestationKey ak{scene.key.key, scene.key, false};
  QuoteInputs inputs{.key = ak, .attest = scene.attest, .signature = scene.signature};
  const ByteView log = scene.log.bytes();
  inputs.event_log = log;
  const QuoteReport report = verify_quote(inputs);
  EXPECT_TRUE(report.proven());
  EXPECT_EQ(report.pcrs.size(), 9U);
  inputs.event_log = log.first(log.size() - 60);
  EXPECT_TRUE(fails_with(verify_quote(inputs), FindingCode::kQuotePcrDigest));
}

TEST(QuoteCheck, ABrokenLogIsNotProven) {
  Scene scene;
  scene.sign();
  scene.give(scene.values);
  scene.log.event(24, event_type::kSeparator, Bytes(4, 0), Bytes(4, 0));
  EXPECT_TRUE(fails_with(scene.judge(), FindingCode::kLogMalformed));
}

TEST(QuoteCheck, AnImaListNeedsPcr10) {
  Scene scene;
  scene.sign();
  scene.give(scene.values);
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
