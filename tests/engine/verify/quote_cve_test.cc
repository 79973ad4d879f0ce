// Published weaknesses of other verifiers, as quotes that are validly signed. The ids are those of
// the list of hostile inputs.
#include <gmock/gmock.h>

#include "engine/crypto/hash.h"
#include "engine/tpm/signature.h"
#include "tests/engine/verify/verified.h"

namespace quotemill {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using testing::EvidenceDraft;
using ::testing::HasSubstr;
using testing::QuoteCheck;
using testing::SoftwareHost;

constexpr HashAlgorithm kSha256 = HashAlgorithm::kSha256;

TEST(QuoteCve, Cve2024_29038_RejectsWrongMagic) {
  const SoftwareHost host;
  const Challenge challenge = host.challenge();
  for (const std::size_t byte : {0U, 1U, 2U, 3U}) {
    EvidenceDraft draft = host.draft(challenge);
    draft.change_attest = [byte](Bytes& attest) { attest[byte] ^= 0x01; };
    const QuoteCheck check(host, challenge, draft.seal());
    ASSERT_THAT(check.codes(), ElementsAre(FindingCode::kQuoteMalformed));
    EXPECT_THAT(message_of(check.findings()[0]), HasSubstr("TPMS_ATTEST.magic"));
  }
}

TEST(QuoteCve, Cve2024_29040_RejectsOtherAttestationTypes) {
  const SoftwareHost host;
  const Challenge challenge = host.challenge();
  // TPM_ST_ATTEST_NV, _TIME, _CREATION, and none at all.
  for (const std::uint8_t type : std::initializer_list<std::uint8_t>{0x14, 0x19, 0x1A, 0x00}) {
    EvidenceDraft draft = host.draft(challenge);
    draft.change_attest = [type](Bytes& attest) { attest[5] = type; };
    const QuoteCheck check(host, challenge, draft.seal());
    ASSERT_THAT(check.codes(), ElementsAre(FindingCode::kQuoteMalformed));
    EXPECT_THAT(message_of(check.findings()[0]), HasSubstr("TPMS_ATTEST.type"));
  }
}

// PCRs 16 and 23 can be reset and filled with anything: the quote over them digests the values of
// 0, 7 and 9, and the evidence labels them so.
TEST(QuoteCve, Cve2024_29039_RejectsAQuoteOverResettablePcrs) {
  SoftwareHost host;
  host.selection = {kSha256, 1U << 0U | 1U << 7U | 1U << 9U};
  const Challenge challenge = host.challenge();
  EvidenceDraft draft = host.draft(challenge);
  const PcrBank good = draft.quoted.front();
  PcrBank filled(kSha256);
  filled.set(16, good.at(0));
  filled.set(22, good.at(7));
  filled.set(23, good.at(9));
  draft.selections = {filled.selection()};
  draft.quoted = {filled};
  draft.sent = {good};
  EXPECT_EQ(pcr_digest(draft.selections, draft.quoted, kSha256),
            pcr_digest({good.selection()}, {good}, kSha256));
  const QuoteCheck check(host, challenge, draft.seal());
  EXPECT_FALSE(check.ok());
  EXPECT_THAT(check.codes(), Contains(FindingCode::kQuoteSelection));
}

// The same without a list beside it: the known values of the last proof must not stand in.
TEST(QuoteCve, Cve2024_29039_RejectsResettablePcrsForKnownValues) {
  SoftwareHost host;
  host.selection = {kSha256, 1U << 0U | 1U << 7U};
  const Challenge challenge = host.challenge();
  EvidenceDraft draft = host.draft(challenge);
  const PcrBank good = draft.quoted.front();
  PcrBank filled(kSha256);
  filled.set(16, good.at(0));
  filled.set(23, good.at(7));
  draft.selections = {filled.selection()};
  draft.quoted = {filled};
  draft.sent.clear();
  const KnownPcrs known(good);
  const QuoteCheck check(host, challenge, draft.seal(), &known);
  EXPECT_FALSE(check.ok());
  EXPECT_THAT(check.codes(), Contains(FindingCode::kQuoteSelection));
}

TEST(QuoteCve, Tpm2ToolsCheckquote_RejectsImpossibleSizesInTheQuote) {
  const SoftwareHost host;
  const Challenge challenge = host.challenge();
  const std::size_t name_at = 6;                            // TPM2B_NAME
  const std::size_t extra_at = name_at + 2 + 34;            // TPM2B_DATA
  const std::size_t count_at = extra_at + 2 + 32 + 17 + 8;  // TPML_PCR_SELECTION
  const std::size_t size_of_select_at = count_at + 4 + 2;
  const std::size_t digest_at = size_of_select_at + 1 + 3;  // TPM2B_DIGEST

  struct Change {
    std::size_t at;
    Bytes bytes;
  };

  const std::vector<Change> changes = {
      {name_at, {0xFF, 0xFF}},
      {name_at, {0x00, 67}},
      {extra_at, {0xFF, 0xFF}},
      {extra_at, {0x00, 65}},
      {count_at, {0xFF, 0xFF, 0xFF, 0xFF}},
      {count_at, {0x00, 0x00, 0x00, 0x11}},
      {count_at, {0x00, 0x00, 0x00, 0x08}},
      {size_of_select_at, {0xFF}},
      {size_of_select_at, {0x05}},
      {digest_at, {0xFF, 0xFF}},
      {digest_at, {0x00, 65}},
      {digest_at, {0x00, 31}},
  };
  for (const Change& change : changes) {
    EvidenceDraft draft = host.draft(challenge);
    draft.change_attest = [&change](Bytes& attest) {
      std::copy(change.bytes.begin(), change.bytes.end(),
                attest.begin() + static_cast<std::ptrdiff_t>(change.at));
    };
    EXPECT_THAT(QuoteCheck(host, challenge, draft.seal()).codes(),
                ElementsAre(FindingCode::kQuoteMalformed))
        << to_hex(change.bytes) << " at " << change.at;
  }
}

TEST(QuoteCve, Tpm2ToolsCheckquote_RejectsAQuoteCutAtEveryByte) {
  const SoftwareHost host;
  const Challenge challenge = host.challenge();
  const std::size_t whole = host.draft(challenge).attest().size();
  for (std::size_t size = 0; size < whole; ++size) {
    EvidenceDraft draft = host.draft(challenge);
    draft.change_attest = [size](Bytes& attest) { attest.resize(size); };
    ASSERT_THAT(QuoteCheck(host, challenge, draft.seal()).codes(),
                ElementsAre(FindingCode::kQuoteMalformed))
        << size;
  }
  EvidenceDraft longer = host.draft(challenge);
  longer.change_attest = [](Bytes& attest) { attest.push_back(0); };
  EXPECT_THAT(QuoteCheck(host, challenge, longer.seal()).codes(),
              ElementsAre(FindingCode::kQuoteMalformed));
}

// More PCRs than a TPML_DIGEST holds (8) is no reason to look at some of them only.
TEST(QuoteCve, Tpm2ToolsCheckquote_VerifiesMoreThanEightPcrs) {
  SoftwareHost host;
  host.selection = {kSha256, 0xFFFFFF};
  const Challenge challenge = host.challenge();
  EvidenceDraft draft = host.draft(challenge);
  EXPECT_TRUE(QuoteCheck(host, challenge, draft.seal()).ok());
  draft.sent.front().set(23, hash(kSha256, as_bytes("other")));
  EXPECT_THAT(QuoteCheck(host, challenge, draft.seal()).codes(),
              ElementsAre(FindingCode::kQuotePcrDigest));
}

TEST(QuoteCve, Cve2022_0317a_RejectsAnEmptySelection) {
  const SoftwareHost host;
  const Challenge challenge = host.challenge();
  EvidenceDraft draft = host.draft(challenge);
  draft.selections.clear();
  draft.quoted.clear();
  for (const bool has_values : {true, false}) {
    draft.sent = has_values ? host.draft(challenge).sent : std::vector<PcrBank>();
    const KnownPcrs known(host.pcrs(kSha256, host.selection.mask));
    const QuoteCheck check(host, challenge, draft.seal(), &known);
    EXPECT_FALSE(check.ok());
    EXPECT_THAT(check.codes(), Contains(FindingCode::kQuoteSelection));
  }
  // The same as a bank of which nothing is selected.
  draft.selections = {{kSha256, 0}};
  EXPECT_THAT(QuoteCheck(host, challenge, draft.seal()).codes(),
              Contains(FindingCode::kQuoteSelection));
}

TEST(QuoteCve, Cve2022_0317a_RejectsAnEmptySelectionEvenIfNothingWasAsked) {
  SoftwareHost host;
  Challenge challenge = host.challenge();
  challenge.selections.clear();
  EvidenceDraft draft = host.draft(challenge);
  EXPECT_FALSE(QuoteCheck(host, challenge, draft.seal()).ok());
}

TEST(QuoteCve, Cve2022_0317b_RejectsValuesBeyondThoseQuoted) {
  SoftwareHost host;
  host.selection = {kSha256, 1};
  const Challenge challenge = host.challenge();
  EvidenceDraft draft = host.draft(challenge);
  draft.sent = {host.pcrs(kSha256, 0xFF)};
  EXPECT_THAT(QuoteCheck(host, challenge, draft.seal()).codes(),
              ElementsAre(FindingCode::kQuotePcrValues));
}

TEST(QuoteCve, Cve2022_0317b_RejectsAQuoteOverFewerPcrsThanAsked) {
  const SoftwareHost host;
  const Challenge challenge = host.challenge();
  EvidenceDraft draft = host.draft(challenge);
  draft.selections = {{kSha256, 1}};
  draft.quoted = {host.pcrs(kSha256, 1)};
  EXPECT_THAT(QuoteCheck(host, challenge, draft.seal()).codes(),
              Contains(FindingCode::kQuoteSelection));
}

// Evidence has one quote; values in two banks, of which the quote covers one, are no union.
TEST(QuoteCve, Cve2022_0317c_AssumesNoUnionOfTwoQuotes) {
  const SoftwareHost host;
  const Challenge challenge = host.challenge();
  EvidenceDraft draft = host.draft(challenge);
  draft.sent.push_back(host.pcrs(HashAlgorithm::kSha1, 0xFF));
  EXPECT_THAT(QuoteCheck(host, challenge, draft.seal()).codes(),
              ElementsAre(FindingCode::kQuotePcrValues));
  draft.sent = {host.pcrs(kSha256, 0x00FF), host.pcrs(kSha256, 0x4300)};
  EXPECT_THAT(QuoteCheck(host, challenge, draft.seal()).codes(),
              ElementsAre(FindingCode::kQuotePcrValues));
}

TEST(QuoteCve, Cve2026_6420_RejectsAQuoteForTheChallengeBefore) {
  const SoftwareHost host;
  const Challenge first = host.challenge(1);
  const Challenge second = host.challenge(2);
  EXPECT_NE(first.nonce, second.nonce);
  const Bytes replayed = host.draft(first).seal();
  EXPECT_TRUE(QuoteCheck(host, first, replayed).ok());
  EXPECT_THAT(QuoteCheck(host, second, replayed).codes(), Contains(FindingCode::kQuoteNonce));
  // With a header made for the second challenge and the old quote below it.
  EvidenceDraft draft = host.draft(second);
  draft.extra_data =
      to_bytes(attest_qualifying_data(first.nonce, host.binding(),
                                      encode_evidence_header(host.draft(first).header))
                   .view());
  EXPECT_THAT(QuoteCheck(host, second, draft.seal()).codes(),
              ElementsAre(FindingCode::kQuoteNonce));
}

TEST(QuoteCve, GoAttestationKeys_RejectsAnEcdsaSignatureForAnRsaKeyAndTheReverse) {
  const SoftwareHost rsa(KeyKind::kRsa);
  const SoftwareHost ec(KeyKind::kEcP256);
  const Challenge challenge = rsa.challenge();
  EvidenceDraft draft = rsa.draft(challenge);
  draft.key = ec.key;
  draft.scheme = SignatureScheme::kEcdsa;
  EXPECT_THAT(QuoteCheck(rsa, challenge, draft.seal()).codes(),
              ElementsAre(FindingCode::kQuoteSignature));
  const Challenge other = ec.challenge();
  draft = ec.draft(other);
  draft.key = rsa.key;
  draft.scheme = SignatureScheme::kRsassa;
  EXPECT_THAT(QuoteCheck(ec, other, draft.seal()).codes(),
              ElementsAre(FindingCode::kQuoteSignature));
}

TEST(QuoteDesign, Relay_RejectsAQuoteOfAnotherEnrolledTpm) {
  const SoftwareHost victim(KeyKind::kEcP256, 0);
  const SoftwareHost other(KeyKind::kEcP256, 1);
  const Challenge challenge = victim.challenge();
  // The other machine is clean and answers the victim's challenge for the victim.
  EvidenceDraft draft = victim.draft(challenge);
  draft.key = other.key;
  EXPECT_THAT(QuoteCheck(victim, challenge, draft.seal()).codes(),
              ElementsAre(FindingCode::kQuoteSignature));
  // Or answers it for itself.
  EXPECT_FALSE(QuoteCheck(victim, challenge, other.draft(challenge).seal()).ok());
}

}  // namespace
}  // namespace quotemill
