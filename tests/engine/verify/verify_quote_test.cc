#include <gmock/gmock.h>

#include "engine/crypto/hash.h"
#include "engine/tpm/signature.h"
#include "tests/engine/verify/verified.h"

namespace quotemill {
namespace {

using ::testing::ElementsAre;
using testing::EvidenceDraft;
using ::testing::HasSubstr;
using testing::QuoteCheck;
using testing::SoftwareHost;

TEST(VerifyQuote, AcceptsAnHonestQuoteOfEachKeyKind) {
  for (const KeyKind kind : {KeyKind::kRsa, KeyKind::kEcP256, KeyKind::kEcP384}) {
    const SoftwareHost host(kind);
    const Challenge challenge = host.challenge();
    const QuoteCheck check(host, challenge, host.draft(challenge).seal());
    ASSERT_TRUE(check.ok());
    EXPECT_EQ(check.quote().pcrs(), host.pcrs(host.selection.bank, host.selection.mask));
    EXPECT_EQ(check.quote().quote().clock, host.clock);
    EXPECT_EQ(check.quote().header().host, host.record().uid);
    EXPECT_TRUE(check.quote().remarks().empty());
  }
}

TEST(VerifyQuote, AcceptsRsapssAndLargerHashes) {
  SoftwareHost host(KeyKind::kRsa);
  host.scheme = SignatureScheme::kRsapss;
  for (const HashAlgorithm hash :
       {HashAlgorithm::kSha256, HashAlgorithm::kSha384, HashAlgorithm::kSha512}) {
    host.signing_hash = hash;
    const Challenge challenge = host.challenge();
    const QuoteCheck check(host, challenge, host.draft(challenge).seal());
    ASSERT_TRUE(check.ok()) << name_of(hash);
    EXPECT_TRUE(check.quote().remarks().empty());
  }
}

TEST(VerifyQuote, AcceptsAnyBankWithAnySigningHash) {
  for (const HashAlgorithm bank : {HashAlgorithm::kSha1, HashAlgorithm::kSha384}) {
    SoftwareHost host;
    host.selection = {bank, 0x0000FF};
    const Challenge challenge = host.challenge();
    EXPECT_TRUE(QuoteCheck(host, challenge, host.draft(challenge).seal()).ok());
  }
}

TEST(VerifyQuote, TakesKnownValuesWhenNoneAreSent) {
  const SoftwareHost host;
  const Challenge challenge = host.challenge();
  EvidenceDraft draft = host.draft(challenge);
  draft.sent.clear();
  const KnownPcrs known(host.pcrs(host.selection.bank, host.selection.mask));
  const QuoteCheck check(host, challenge, draft.seal(), &known);
  ASSERT_TRUE(check.ok());
  EXPECT_EQ(check.quote().pcrs(), known.values());
}

TEST(VerifyQuote, RefusesKnownValuesThatAreNotQuoted) {
  const SoftwareHost host;
  const Challenge challenge = host.challenge();
  EvidenceDraft draft = host.draft(challenge);
  draft.sent.clear();
  PcrBank others = host.pcrs(host.selection.bank, host.selection.mask);
  others.set(4, Digest(others.algorithm()));
  const KnownPcrs known(others);
  EXPECT_THAT(QuoteCheck(host, challenge, draft.seal(), &known).codes(),
              ElementsAre(FindingCode::kQuotePcrDigest));
}

TEST(VerifyQuote, RefusesAQuoteWithoutAnyValues) {
  const SoftwareHost host;
  const Challenge challenge = host.challenge();
  EvidenceDraft draft = host.draft(challenge);
  draft.sent.clear();
  EXPECT_THAT(QuoteCheck(host, challenge, draft.seal()).codes(),
              ElementsAre(FindingCode::kQuotePcrValues));
}

TEST(VerifyQuote, PrefersSentValuesToKnownOnes) {
  const SoftwareHost host;
  const Challenge challenge = host.challenge();
  PcrBank others = host.pcrs(host.selection.bank, host.selection.mask);
  others.set(4, Digest(others.algorithm()));
  const KnownPcrs known(others);
  EXPECT_TRUE(QuoteCheck(host, challenge, host.draft(challenge).seal(), &known).ok());
}

TEST(VerifyQuote, AcceptsTheAlternativeNonceOfAnEpochBefore) {
  const SoftwareHost host;
  Challenge challenge = host.challenge();
  const EvidenceDraft draft = host.draft(challenge);
  challenge.alternative = challenge.nonce;
  challenge.nonce.fill(0x77);
  const QuoteCheck check(host, challenge, draft.seal());
  ASSERT_TRUE(check.ok());
  EXPECT_EQ(check.quote().nonce(), *challenge.alternative);
}

TEST(VerifyQuote, RefusesAnotherNonce) {
  const SoftwareHost host;
  Challenge challenge = host.challenge();
  const EvidenceDraft draft = host.draft(challenge);
  challenge.nonce.back() ^= 1;
  EXPECT_THAT(QuoteCheck(host, challenge, draft.seal()).codes(),
              ElementsAre(FindingCode::kQuoteNonce));
  challenge.alternative = Nonce{};
  EXPECT_THAT(QuoteCheck(host, challenge, draft.seal()).codes(),
              ElementsAre(FindingCode::kQuoteNonce));
}

TEST(VerifyQuote, RefusesEmptyAndOverlongQualifyingData) {
  const SoftwareHost host;
  const Challenge challenge = host.challenge();
  for (const std::size_t size : {std::size_t{0}, std::size_t{31}, std::size_t{33}}) {
    EvidenceDraft draft = host.draft(challenge);
    draft.extra_data = Bytes(size, 0);
    EXPECT_THAT(QuoteCheck(host, challenge, draft.seal()).codes(),
                ElementsAre(FindingCode::kQuoteNonce))
        << size;
  }
}

TEST(VerifyQuote, BindsTheQuoteToHostGenerationAndBothChannelKeys) {
  const SoftwareHost host;
  const Challenge challenge = host.challenge();
  const auto with = [&](auto change) {
    EvidenceDraft draft = host.draft(challenge);
    change(draft.binding);
    return QuoteCheck(host, challenge, draft.seal()).codes();
  };
  const auto nonce = ElementsAre(FindingCode::kQuoteNonce);
  EXPECT_THAT(with([](ChannelBinding& binding) { binding.host.bytes[0] ^= 1; }), nonce);
  EXPECT_THAT(with([](ChannelBinding& binding) { ++binding.generation; }), nonce);
  EXPECT_THAT(with([](ChannelBinding& binding) { binding.host_key[31] ^= 1; }), nonce);
  EXPECT_THAT(with([](ChannelBinding& binding) { binding.server_key[31] ^= 1; }), nonce);
}

TEST(VerifyQuote, BindsTheQuoteToItsHeader) {
  const SoftwareHost host;
  const Challenge challenge = host.challenge();
  const Bytes item = host.draft(challenge).seal();
  // Every bit of the header is signed: the facts, the boot id, the log's size.
  const Result<Evidence> honest = decode_evidence(item);
  ASSERT_TRUE(honest);
  for (std::size_t at = 24; at < honest->header_bytes.size(); ++at) {
    Bytes changed = item;
    changed[2 + at] ^= 1;
    const Result<Evidence> evidence = decode_evidence(changed);
    if (!evidence) {
      continue;  // a length that does not fit any more
    }
    SignatureChecker key(host.key.public_key());
    const auto result = verify_quote(*evidence, {key, host.binding(), challenge, nullptr});
    ASSERT_TRUE(std::holds_alternative<Findings>(result)) << "byte " << at;
  }
}

TEST(VerifyQuote, RefusesAnotherHostsIdentityInTheHeader) {
  const SoftwareHost host;
  const Challenge challenge = host.challenge();
  const auto with = [&](auto change) {
    EvidenceDraft draft = host.draft(challenge);
    change(draft.header);
    return QuoteCheck(host, challenge, draft.seal()).codes();
  };
  const auto identity = ElementsAre(FindingCode::kEvidenceIdentity);
  EXPECT_THAT(with([](EvidenceHeader& header) { header.host.bytes[3] ^= 1; }), identity);
  EXPECT_THAT(with([](EvidenceHeader& header) { header.generation = 2; }), identity);
  EXPECT_THAT(with([](EvidenceHeader& header) { header.sequence = 2; }), identity);
}

TEST(VerifyQuote, RefusesASignatureOfAnotherKey) {
  const SoftwareHost host;
  const SoftwareHost other(KeyKind::kEcP256, 1);
  const Challenge challenge = host.challenge();
  EvidenceDraft draft = host.draft(challenge);
  draft.key = other.key;
  EXPECT_THAT(QuoteCheck(host, challenge, draft.seal()).codes(),
              ElementsAre(FindingCode::kQuoteSignature));
}

TEST(VerifyQuote, RefusesAnyChangedByteOfQuoteOrSignature) {
  const SoftwareHost host;
  const Challenge challenge = host.challenge();
  EvidenceDraft draft = host.draft(challenge);
  const std::size_t attest_size = draft.attest().size();
  const Bytes item = draft.seal();
  const std::size_t attest_begin = 2 + encode_evidence_header(draft.header).size() + 2;
  for (std::size_t at = attest_begin; at < attest_begin + attest_size; ++at) {
    Bytes changed = item;
    changed[at] ^= 0x40;
    EXPECT_THAT(QuoteCheck(host, challenge, changed).codes(),
                ElementsAre(FindingCode::kQuoteSignature))
        << at - attest_begin;
  }
  for (std::size_t at = attest_begin + attest_size + 2; at < item.size(); at += 5) {
    Bytes changed = item;
    changed[at] ^= 0x40;
    const Result<Evidence> evidence = decode_evidence(changed);
    if (evidence) {
      EXPECT_FALSE(QuoteCheck(host, challenge, changed).ok()) << at;
    }
  }
}

TEST(VerifyQuote, LooksAtNothingOfAnUnsignedQuote) {
  const SoftwareHost host;
  const Challenge challenge = host.challenge();
  EvidenceDraft draft = host.draft(challenge);
  draft.change_signature = [](Bytes& signature) { signature.back() ^= 1; };
  draft.extra_data = Bytes();
  draft.selections.clear();
  EXPECT_THAT(QuoteCheck(host, challenge, draft.seal()).codes(),
              ElementsAre(FindingCode::kQuoteSignature));
}

TEST(VerifyQuote, RefusesASignatureThatIsNoStructure) {
  const SoftwareHost host;
  const Challenge challenge = host.challenge();
  EvidenceDraft draft = host.draft(challenge);
  draft.change_signature = [](Bytes& signature) { signature.push_back(0); };
  const QuoteCheck check(host, challenge, draft.seal());
  EXPECT_THAT(check.codes(), ElementsAre(FindingCode::kQuoteSignature));
  EXPECT_THAT(message_of(check.findings()[0]), HasSubstr("TPMT_SIGNATURE"));
  draft.change_signature = [](Bytes& signature) { signature.clear(); };
  EXPECT_THAT(QuoteCheck(host, challenge, draft.seal()).codes(),
              ElementsAre(FindingCode::kQuoteSignature));
}

TEST(VerifyQuote, RefusesASignatureOverAHashThatIsNotComputed) {
  const SoftwareHost host;
  const Challenge challenge = host.challenge();
  EvidenceDraft draft = host.draft(challenge);
  draft.change_signature = [](Bytes& signature) { signature[3] = 0x12; };  // SM3-256
  const QuoteCheck check(host, challenge, draft.seal());
  EXPECT_THAT(check.codes(), ElementsAre(FindingCode::kQuoteSignature));
  EXPECT_THAT(message_of(check.findings()[0]), HasSubstr("sm3_256"));
}

TEST(VerifyQuote, RefusesASelectionThatWasNotAskedFor) {
  const SoftwareHost host;
  const Challenge challenge = host.challenge();
  for (const PcrSelection& selection :
       {PcrSelection{HashAlgorithm::kSha256, 0x0000FF}, PcrSelection{HashAlgorithm::kSha1, 0x43FF},
        PcrSelection{HashAlgorithm::kSha256, 0x43FF | 1U << 16U}}) {
    EvidenceDraft draft = host.draft(challenge);
    draft.selections = {selection};
    draft.quoted = {host.pcrs(selection.bank, selection.mask)};
    draft.sent = draft.quoted;
    const QuoteCheck check(host, challenge, draft.seal());
    EXPECT_THAT(check.codes(), ElementsAre(FindingCode::kQuoteSelection)) << selection.to_string();
    EXPECT_THAT(message_of(check.findings()[0]), HasSubstr(selection.to_string()));
  }
}

TEST(VerifyQuote, RefusesTwoBanksWhereOneWasAsked) {
  const SoftwareHost host;
  const Challenge challenge = host.challenge();
  EvidenceDraft draft = host.draft(challenge);
  draft.selections.push_back({HashAlgorithm::kSha1, 0x43FF});
  draft.quoted.push_back(host.pcrs(HashAlgorithm::kSha1, 0x43FF));
  draft.sent = draft.quoted;
  EXPECT_THAT(QuoteCheck(host, challenge, draft.seal()).codes(),
              ElementsAre(FindingCode::kQuoteSelection, FindingCode::kQuotePcrValues));
}

TEST(VerifyQuote, RefusesValuesThatAreNotThoseQuoted) {
  const SoftwareHost host;
  const Challenge challenge = host.challenge();
  EvidenceDraft draft = host.draft(challenge);
  draft.sent[0].set(7, hash(HashAlgorithm::kSha256, as_bytes("good")));
  const QuoteCheck check(host, challenge, draft.seal());
  ASSERT_THAT(check.codes(), ElementsAre(FindingCode::kQuotePcrDigest));
  EXPECT_TRUE(check.findings()[0].digest);
  EXPECT_TRUE(check.findings()[0].expected);
}

TEST(VerifyQuote, RefusesADigestOfAnotherLength) {
  const SoftwareHost host;
  const Challenge challenge = host.challenge();
  for (const std::size_t size : {0U, 31U, 33U, 64U}) {
    EvidenceDraft draft = host.draft(challenge);
    draft.pcr_digest = Bytes(size, 0);
    EXPECT_THAT(QuoteCheck(host, challenge, draft.seal()).codes(),
                ElementsAre(FindingCode::kQuotePcrDigest))
        << size;
  }
}

TEST(VerifyQuote, RemarksOnWeakAlgorithms) {
  SoftwareHost host(KeyKind::kRsa);
  host.signing_hash = HashAlgorithm::kSha1;
  const Challenge challenge = host.challenge();
  const QuoteCheck check(host, challenge, host.draft(challenge).seal());
  ASSERT_TRUE(check.ok());
  EXPECT_THAT(testing::codes(check.quote().remarks()),
              ElementsAre(FindingCode::kQuoteWeakAlgorithm));
  EXPECT_THAT(message_of(check.quote().remarks()[0]), HasSubstr("rsa2048 with sha1"));
}

TEST(VerifyQuote, RefusalsAreAlwaysOfSeverityFail) {
  const SoftwareHost host;
  const Challenge challenge = host.challenge();
  EvidenceDraft draft = host.draft(challenge);
  draft.header.sequence = 9;
  draft.selections = {{HashAlgorithm::kSha1, 1}};
  draft.extra_data = Bytes(32, 1);
  const QuoteCheck check(host, challenge, draft.seal());
  EXPECT_FALSE(check.ok());
  EXPECT_GE(check.findings().size(), 3U);
  for (const Finding& finding : check.findings()) {
    EXPECT_EQ(finding.severity, Severity::kFail);
  }
}

}  // namespace
}  // namespace quotemill
