// An enrolled host with a real TPM that sends evidence no agent would: the rules (a) and (b) of
// DESIGN, section 6, row by row. After each input there is an answer, the state that the rule says,
// a line in the log with the host's name and a counter; the daemon and the honest host go on.
#include <algorithm>

#include "tests/integration/hostile_fixture.h"

namespace quotemill {
namespace {

using std::chrono::milliseconds;
using testing::EvidenceParts;
using testing::Forgery;
using testing::has_finding;
using testing::HostileTest;
using testing::kFailedOnWire;
using testing::kHonest;
using testing::kHostile;
using testing::kTrustedOnWire;
using testing::worst_code;
using transport::Json;
using transport::Message;

// --- Evidence that answers the open challenge: always a verdict ----------------------------------

struct BadEvidence {
  const char* what;
  Forgery forgery;
  std::function<void(EvidenceParts&)> change;
  const char* finding;
};

void flip_last(Bytes& bytes) {
  bytes.back() ^= 1U;
}

std::vector<BadEvidence> bad_evidence() {
  const auto nothing = [](EvidenceParts&) {};
  const auto with_header = [](std::function<void(EvidenceHeader&)> change) {
    Forgery forgery;
    forgery.header = std::move(change);
    return forgery;
  };
  const auto with_binding = [](std::function<void(ChannelBinding&)> change) {
    Forgery forgery;
    forgery.binding = std::move(change);
    return forgery;
  };
  Forgery other_key;
  other_key.by_other_key = true;
  Forgery wrong_nonce;
  wrong_nonce.nonce = Nonce{1, 2, 3};
  Forgery fewer_pcrs;
  fewer_pcrs.selections = {{HashAlgorithm::kSha256, 0x3}};
  Forgery other_bank;
  other_bank.selections = {{HashAlgorithm::kSha1, 0x43FF}};
  return {
      {"another AK of the same TPM", other_key, nothing, "quote.signature"},
      {"a changed signature", {}, [](auto& p) { flip_last(p.signature); }, "quote.signature"},
      {"no signature", {}, [](auto& p) { p.signature.clear(); }, "quote.signature"},
      {"a changed quote", {}, [](auto& p) { flip_last(p.attest); }, "quote.signature"},
      {"no quote", {}, [](auto& p) { p.attest.clear(); }, "quote.signature"},
      {"another nonce", wrong_nonce, nothing, "quote.nonce"},
      {"another server's key: a relay",
       with_binding([](ChannelBinding& b) { b.server_key[0] ^= 1U; }), nothing, "quote.nonce"},
      {"another channel's key", with_binding([](ChannelBinding& b) { b.host_key[0] ^= 1U; }),
       nothing, "quote.nonce"},
      {"facts changed after signing", {}, [](auto& p) { flip_last(p.header); }, "quote.nonce"},
      {"another generation", with_header([](EvidenceHeader& h) { h.generation = 7; }), nothing,
       "evidence.identity"},
      {"fewer PCRs than asked for", fewer_pcrs, nothing, "quote.selection"},
      {"another bank than asked for", other_bank, nothing, "quote.selection"},
      {"PCR values that are not the quoted ones",
       {},
       [](auto& p) {
         p.pcrs.front().set(4, *Digest::from(HashAlgorithm::kSha256, Bytes(32, 0x77)));
       },
       "quote.pcr_digest"},
      {"values of some PCRs only",
       {},
       [](auto& p) {
         PcrBank some(HashAlgorithm::kSha256);
         some.set(0, p.pcrs.front().at(0));
         p.pcrs = {some};
       },
       "quote.pcr_values"},
      {"a header of another version",
       {},
       [](auto& p) { p.header.front() = 9; },
       "evidence.malformed"},
      {"a truncated header", {}, [](auto& p) { p.header.resize(10); }, "evidence.malformed"},
  };
}

TEST_F(HostileTest, EvidenceThatIsNotProvenFailsByName) {
  EXPECT_EQ(host_->attest().state, kTrustedOnWire);
  for (const BadEvidence& row : bad_evidence()) {
    SCOPED_TRACE(row.what);
    const std::uint64_t failed = daemon_.counter("pipeline", "verdicts", "failed");
    EvidenceParts parts = host_->quote(host_->hello(), row.forgery);
    row.change(parts);
    ASSERT_TRUE(host_->send_evidence(parts.seal()));
    const Receipt receipt = host_->receive_receipt();
    EXPECT_EQ(receipt.state, kFailedOnWire);
    EXPECT_FALSE(receipt.next_nonce) << "no nonce in advance for who failed";
    const Json shown = daemon_.host(kHostile);
    EXPECT_EQ(shown["state"], "failed");
    EXPECT_TRUE(has_finding(shown, row.finding)) << shown["findings"].dump(1);
    EXPECT_EQ(daemon_.counter("pipeline", "verdicts", "failed"), failed + 1);
    EXPECT_TRUE(is_told(row.finding));
    ASSERT_EQ(host_->attest().state, kTrustedOnWire) << "honest evidence is honest evidence";
  }
}

TEST_F(HostileTest, BytesThatAreNoEvidenceFailWhileTheHostIsAsked) {
  EXPECT_EQ(host_->attest().state, kTrustedOnWire);
  for (const auto& change : std::vector<std::function<void(Bytes&)>>{
           [](Bytes& item) { item.pop_back(); },
           [](Bytes& item) { item.push_back(0); },
           [](Bytes& item) { item = Bytes(3, 0xEE); },
           [](Bytes& item) { std::fill_n(item.begin(), 2, 0xFF); },
           [](Bytes& item) { item = Bytes(limits::kEvidenceItemSizeMax + 1, 0xEE); },
       }) {
    Bytes item = host_->quote(host_->hello()).seal();
    change(item);
    ASSERT_TRUE(host_->send_evidence(item));
    const Receipt receipt = host_->receive_receipt();
    EXPECT_EQ(receipt.state, kFailedOnWire);
    EXPECT_EQ(worst_code(receipt), "evidence.malformed");
    EXPECT_TRUE(is_told("evidence.malformed"));
    // Nobody asks now: bytes that are no evidence are an Error, and change nothing more.
    const Json before = hostile_state();
    ASSERT_TRUE(host_->send_evidence(Bytes(2, 0xEE)));
    EXPECT_EQ(host_->receive_error(), "malformed");
    EXPECT_TRUE(is_told("no challenge open"));
    EXPECT_EQ(hostile_state(), before);
    ASSERT_EQ(host_->attest().state, kTrustedOnWire);
  }
}

// --- What cannot be attributed: an Error, and no host's state changes ----------------------------

TEST_F(HostileTest, EvidenceOfAnotherHostChangesNeither) {
  EXPECT_EQ(host_->attest().state, kTrustedOnWire);
  const Json before = hostile_state();
  const HostUid honest = *HostUid::from_hex(daemon_.host(kHonest)["uuid"].get<std::string>());
  Forgery as_honest;
  as_honest.header = [&](EvidenceHeader& header) { header.host = honest; };
  ASSERT_TRUE(host_->send_evidence(host_->quote(host_->hello(), as_honest).seal()));
  EXPECT_EQ(host_->receive_error(), "mismatch");
  EXPECT_EQ(attest_counter("foreign_uid"), 1U);
  EXPECT_TRUE(is_told("sent evidence of another host"));
  transport::HelloMessage hello = host_->hello_message();
  hello.uid = honest;
  ASSERT_TRUE(host_->send(hello));
  EXPECT_EQ(host_->receive_error(), "mismatch");
  EXPECT_TRUE(is_told("HELLO says host"));
  hello = host_->hello_message();
  hello.generation += 1;
  ASSERT_TRUE(host_->send(hello));
  EXPECT_EQ(host_->receive_error(), "mismatch");
  EXPECT_TRUE(is_told("HELLO says host"));
  EXPECT_EQ(attest_counter("identity_mismatch"), 2U);
  EXPECT_EQ(hostile_state(), before);
}

TEST_F(HostileTest, EvidenceThatAnswersNoOpenChallengeIsAnErrorWithAFreshOne) {
  const Bytes first = host_->quote(host_->hello()).seal();
  EXPECT_EQ(host_->judged(first).state, kTrustedOnWire);
  EXPECT_EQ(host_->attest().state, kTrustedOnWire);
  const Json before = hostile_state();
  const auto expect_expired = [&](const Bytes& item) {
    const std::uint64_t expired = attest_counter("expired");
    EXPECT_TRUE(host_->send_evidence(item));
    const auto error = host_->receive_a<transport::ErrorMessage>();
    EXPECT_EQ(error.code, ErrorCode::kExpired);
    EXPECT_TRUE(error.challenge);
    EXPECT_EQ(attest_counter("expired"), expired + 1);
    EXPECT_TRUE(is_told("answers no open challenge"));
    EXPECT_EQ(hostile_state(), before);
  };
  {
    SCOPED_TRACE("a replay of the attestation before the last");
    expect_expired(first);
  }
  {
    SCOPED_TRACE("a sequence that is to come");
    Forgery later;
    later.header = [](EvidenceHeader& header) { header.sequence += 5; };
    expect_expired(host_->quote(host_->hello(), later).seal());
  }
  {
    SCOPED_TRACE("a challenge that a newer one voided");
    const Bytes late = host_->quote(host_->hello()).seal();
    // So young a challenge would be sent again.
    EXPECT_FALSE(host_->receive(milliseconds(1'200)));
    host_->hello();
    expect_expired(late);
  }
  EXPECT_EQ(host_->attest().state, kTrustedOnWire);
}

TEST_F(HostileTest, MessagesOfTwoItemsAreForGatewaysOnly) {
  EXPECT_EQ(host_->attest().state, kTrustedOnWire);
  const Json before = hostile_state();
  const Bytes item = host_->quote(host_->hello()).seal();
  ASSERT_TRUE(host_->send(transport::EvidenceMessage{{item, item}}));
  EXPECT_EQ(host_->receive_error(), "malformed");
  EXPECT_TRUE(is_told("exactly one item"));
  EXPECT_EQ(hostile_state(), before);
}

// --- A nonce is used once ------------------------------------------------------------------------

TEST_F(HostileTest, TheSameEvidenceGetsTheSameReceiptAndOtherEvidenceFails) {
  EXPECT_EQ(host_->attest().state, kTrustedOnWire);
  const transport::ChallengeMessage challenge = host_->hello();
  const Bytes item = host_->quote(challenge).seal();
  const Bytes other = host_->quote(challenge).seal();
  ASSERT_NE(item, other) << "the TPM's clock moved on";
  ASSERT_TRUE(host_->send_evidence(item));
  const Bytes receipt = host_->receive_a<transport::ReceiptMessage>().receipt;
  const Json before = hostile_state();
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(host_->send_evidence(item));
    EXPECT_EQ(host_->receive_a<transport::ReceiptMessage>().receipt, receipt);
  }
  EXPECT_EQ(attest_counter("receipts_again"), 3U);
  EXPECT_EQ(hostile_state(), before);
  ASSERT_TRUE(host_->send_evidence(other));
  const Receipt failed = host_->receive_receipt();
  EXPECT_EQ(failed.state, kFailedOnWire);
  EXPECT_EQ(worst_code(failed), "quote.nonce_reused");
  EXPECT_EQ(attest_counter("nonce_reused"), 1U);
  EXPECT_TRUE(is_told("sequence already used"));
  EXPECT_EQ(host_->attest().state, kTrustedOnWire);
}

TEST_F(HostileTest, AReplayedQuoteUnderAFreshHeaderFails) {
  const EvidenceParts old = host_->quote(host_->hello());
  EXPECT_EQ(host_->judged(old.seal()).state, kTrustedOnWire);
  EvidenceParts replay = host_->quote(host_->hello());
  replay.attest = old.attest;
  replay.signature = old.signature;
  replay.pcrs = old.pcrs;
  ASSERT_TRUE(host_->send_evidence(replay.seal()));
  const Receipt receipt = host_->receive_receipt();
  EXPECT_EQ(receipt.state, kFailedOnWire);
  EXPECT_EQ(worst_code(receipt), "quote.nonce");
  EXPECT_TRUE(is_told("quote.nonce"));
}

TEST_F(HostileTest, APreissuedNonceIsGoodForItsSequenceOnly) {
  // One receipt in sixteen carries no nonce.
  const auto until_it_has_one = [&](Receipt receipt) {
    while (!receipt.next_nonce && !HasFailure()) {
      receipt = host_->attest();
    }
    return receipt;
  };
  const Receipt last = until_it_has_one(host_->attest());
  const Receipt next = host_->judged(host_->quote_preissued(last).seal());
  EXPECT_EQ(next.state, kTrustedOnWire);
  EXPECT_EQ(next.number, last.number + 1);
  const Receipt newer = until_it_has_one(next);
  Forgery old_nonce;
  old_nonce.nonce = last.next_nonce;
  ASSERT_TRUE(host_->send_evidence(host_->quote_preissued(newer, old_nonce).seal()));
  const Receipt failed = host_->receive_receipt();
  EXPECT_EQ(failed.state, kFailedOnWire);
  EXPECT_EQ(worst_code(failed), "quote.nonce");
  EXPECT_TRUE(is_told("quote.nonce"));
}

// --- One at a time -------------------------------------------------------------------------------

TEST_F(HostileTest, OfTwoInFlightOneIsJudgedAndTheOtherWaits) {
  const transport::ChallengeMessage challenge = host_->hello();
  const Bytes item = host_->quote(challenge).seal();
  const Bytes other = host_->quote(challenge).seal();
  ASSERT_TRUE(host_->send_evidence(item));
  ASSERT_TRUE(host_->send_evidence(other));
  ASSERT_TRUE(host_->send_evidence(item));
  // Its log is needed first, so that all three meet: NEED, BUSY for the other, NEED again for the
  // same; in which order depends on the pipeline.
  int needs = 0;
  int busy = 0;
  while (needs == 0 || busy == 0) {
    const std::optional<Message> answer = host_->receive();
    ASSERT_TRUE(answer);
    needs += std::holds_alternative<transport::NeedMessage>(answer->body) ? 1 : 0;
    busy += std::holds_alternative<transport::BusyMessage>(answer->body) ? 1 : 0;
  }
  EXPECT_EQ(attest_counter("busy"), 1U);
  EXPECT_EQ(attest_counter("repeated"), 1U);
  ASSERT_TRUE(host_->send_log(challenge.sequence, host_->boot_log()));
  std::optional<Message> answer = host_->receive();
  while (answer && std::holds_alternative<transport::NeedMessage>(answer->body)) {
    answer = host_->receive();
  }
  ASSERT_TRUE(answer);
  EXPECT_EQ(kind_of(answer->body), transport::Kind::kReceipt);
  EXPECT_EQ(daemon_.sequence_of(kHostile), 1U);
  EXPECT_EQ(daemon_.state_of(kHostile), "trusted");
}

}  // namespace
}  // namespace quotemill
