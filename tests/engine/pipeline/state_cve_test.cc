// Rows of the list of hostile inputs where the *state* after the input is what matters: all of it
// through judge() and the commit stage, on one host that was trusted before.
#include <gmock/gmock.h>

#include "engine/crypto/hash.h"
#include "engine/evidence/receipt.h"
#include "engine/tpm/constants.h"
#include "tests/engine/pipeline/trusted_host.h"

namespace quotemill {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using testing::EvidenceDraft;
using ::testing::IsSupersetOf;
using testing::kMinute;
using testing::measured;
using testing::SoftwareHost;

using StateCve = testing::TrustedHost;

// --- CVE-2022-3500: rogue input after a good attestation must not leave the host attested.

TEST_F(StateCve, Cve2022_3500_MalformedEvidenceAfterAGoodAttestationFails) {
  for (const Bytes& item : {Bytes{}, Bytes(1, 0xFF), Bytes(5000, 0x41), Bytes(40, 0)}) {
    const Reply reply =
        engine.attest(host, {}, [&item](Submission& submission) { submission.item = item; });
    EXPECT_EQ(reply.kind, ReplyKind::kReceipt) << "a verdict, not an error";
    EXPECT_EQ(trust(), TrustState::kFailed);
    EXPECT_THAT(engine.blame(host), ElementsAre(FindingCode::kEvidenceMalformed));
    engine.attest(host);
    EXPECT_EQ(trust(), TrustState::kTrusted) << "and it heals by good evidence";
  }
}

TEST_F(StateCve, Cve2022_3500_SilenceAfterAGoodAttestationTurnsStale) {
  pass(10 * kMinute);
  engine.settle();
  EXPECT_EQ(trust(), TrustState::kStale);
}

TEST_F(StateCve, Cve2022_3500_AWithheldLogAfterAGoodAttestationFails) {
  host.reboot();
  host.boot.push_back(measured(9, event_type::kIpl, "evil"));
  Submission submission = engine.submission(host);
  EXPECT_EQ(engine.commit(engine.judge(submission)).kind, ReplyKind::kNeedLog);
  EXPECT_EQ(trust(), TrustState::kTrusted) << "not yet";
  submission.foregone = FindingCode::kLogWithheld;
  engine.commit(engine.judge(submission));
  EXPECT_EQ(trust(), TrustState::kFailed);
  EXPECT_THAT(engine.blame(host), ElementsAre(FindingCode::kLogWithheld));
}

// Asking for the log again and again must not keep the host green beyond its deadline.
TEST_F(StateCve, Cve2022_3500_NeedsThatAreNeverMetDoNotKeepTheHostFresh) {
  host.reboot();
  for (int i = 0; i < 6; ++i) {
    engine.commit(engine.judge(engine.submission(host)));
    pass(kMinute);
    engine.settle();
  }
  EXPECT_EQ(trust(), TrustState::kStale);
}

TEST_F(StateCve, Cve2022_3500_ABadQuoteAfterAGoodAttestationFails) {
  engine.attest(host, [](EvidenceDraft& draft) {
    draft.change_attest = [](Bytes& attest) { attest[0] = 0; };
  });
  EXPECT_EQ(trust(), TrustState::kFailed);
  EXPECT_THAT(engine.blame(host), ElementsAre(FindingCode::kQuoteMalformed));
}

// --- CVE-2021-42299: a bank that firmware left alone.

TEST_F(StateCve, Cve2021_42299_AnUnextendedBankFails) {
  host.reboot();
  host.boot.clear();
  host.locality = 0;
  engine.attest(host);
  EXPECT_EQ(trust(), TrustState::kFailed);
  EXPECT_THAT(engine.blame(host), Contains(FindingCode::kBootPcrUnextended));
  EXPECT_FALSE(engine.state(host).proof &&
               engine.state(host).proof->reset_count == host.clock.reset_count);
}

// The attacker fills the untouched SHA-384 bank with the golden events, after having booted evil:
// nobody asked for that bank.
TEST_F(StateCve, Cve2021_42299_AnotherBankThanAskedFails) {
  engine.attest(host, [this](EvidenceDraft& draft) {
    draft.selections = {{HashAlgorithm::kSha384, host.selection.mask}};
    draft.quoted = {host.pcrs(HashAlgorithm::kSha384, host.selection.mask)};
    draft.sent = draft.quoted;
  });
  EXPECT_EQ(trust(), TrustState::kFailed);
  EXPECT_THAT(engine.blame(host), Contains(FindingCode::kQuoteSelection));
}

// --- CVE-2022-0317: unverified PCRs used.

TEST_F(StateCve, Cve2022_0317_NoOrFewerOrMorePcrsFail) {
  const auto over = [](std::uint32_t mask) {
    return [mask](EvidenceDraft& draft) {
      draft.selections = {{HashAlgorithm::kSha256, mask}};
      if (mask == 0) {
        draft.selections.clear();
      }
    };
  };
  for (const std::uint32_t mask : {0U, 1U, 0x00FFU, 0x43FFU & ~0x80U, 0xFFFFFFU}) {
    engine.attest(host, over(mask));
    EXPECT_EQ(trust(), TrustState::kFailed) << mask;
    EXPECT_THAT(engine.blame(host), Contains(FindingCode::kQuoteSelection));
  }
}

TEST_F(StateCve, Cve2022_0317c_AQuoteOfOnePcrThenOneOfAnotherIsNoUnion) {
  for (const std::uint32_t mask : {0x0FU, 0x43F0U}) {
    engine.attest(host, [&](EvidenceDraft& draft) {
      draft.selections = {{HashAlgorithm::kSha256, mask}};
      draft.quoted = {host.pcrs(HashAlgorithm::kSha256, mask)};
      draft.sent = draft.quoted;
    });
    EXPECT_EQ(trust(), TrustState::kFailed);
  }
}

// --- CVE-2022-1053: another AK between the identity check and the quote.

TEST_F(StateCve, Cve2022_1053_AQuoteByTheFormerKeyFailsAfterANewEnrolment) {
  SoftwareHost renewed(KeyKind::kEcP256, 33);
  renewed.record().uid = host.record().uid;
  renewed.record().name = host.record().name;
  renewed.record().ek_sha256 = host.record().ek_sha256;
  renewed.record().generation = 2;
  engine.enrol(renewed);
  EXPECT_EQ(trust(), TrustState::kUnknown);
  // The old key, and everything else as the new enrolment has it.
  engine.attest(renewed, [this](EvidenceDraft& draft) { draft.key = host.key; });
  EXPECT_EQ(trust(), TrustState::kFailed);
  EXPECT_THAT(engine.blame(host), ElementsAre(FindingCode::kQuoteSignature));
  engine.attest(renewed);
  EXPECT_EQ(trust(), TrustState::kTrusted);
}

TEST_F(StateCve, Cve2022_1053_AQuoteByTheNewKeyIsNothingBeforeItsEnrolment) {
  const SoftwareHost other(KeyKind::kEcP256, 34);
  engine.attest(host, [&](EvidenceDraft& draft) { draft.key = other.key; });
  EXPECT_EQ(trust(), TrustState::kFailed);
}

// What was judged with the old key while the enrolment was written is dropped.
TEST_F(StateCve, Cve2022_1053_AResultOfTheFormerKeyIsDropped) {
  const Judgement judgement = engine.judge(engine.submission(host));
  ++host.record().generation;
  engine.put(host, true);
  EXPECT_EQ(engine.commit(judgement).kind, ReplyKind::kError);
  EXPECT_EQ(trust(), TrustState::kUnknown);
}

// --- CVE-2026-6420: a nonce that is fixed.

TEST_F(StateCve, Cve2026_6420_AReplayAgainstTheNextChallengeFails) {
  const Submission first = engine.submission(host);
  engine.commit(engine.judge(first));
  EXPECT_EQ(trust(), TrustState::kTrusted);
  engine.attest(host, {}, [&first](Submission& next) {
    EXPECT_NE(next.challenge.nonce, first.challenge.nonce);
    next.item = first.item;
  });
  EXPECT_EQ(trust(), TrustState::kFailed);
  EXPECT_THAT(engine.blame(host),
              IsSupersetOf({FindingCode::kEvidenceIdentity, FindingCode::kQuoteNonce}));
}

TEST_F(StateCve, Cve2026_6420_NoTwoReceiptsCarryTheSameNonce) {
  std::vector<Nonce> nonces;
  for (int i = 0; i < 40; ++i) {
    pass(kMinute);
    const Result<Receipt> receipt = decode_receipt(engine.attest(host).body);
    ASSERT_TRUE(receipt);
    if (receipt->next_nonce) {
      EXPECT_THAT(nonces, ::testing::Not(Contains(*receipt->next_nonce)));
      nonces.push_back(*receipt->next_nonce);
    }
  }
  EXPECT_GT(nonces.size(), 20U);
}

}  // namespace
}  // namespace quotemill
