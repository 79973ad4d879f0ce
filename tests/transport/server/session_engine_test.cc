// A SessionTable before the real engine: what comes of evidence that the server itself kept
// waiting.
#include <gmock/gmock.h>

#include "engine/evidence/receipt.h"
#include "tests/engine/pipeline/small_engine.h"
#include "transport/server/session_table.h"

namespace quotemill::transport {
namespace {

using testing::baseline_of;
using ::testing::Contains;
using testing::SmallEngine;
using testing::SoftwareHost;

constexpr std::int64_t kEvery = 60'000;

class SessionEngine : public ::testing::Test {
 protected:
  SessionEngine() {
    engine_.enrol(host_);
    table_.emplace(parts(), policy());
    begin();
  }

  SessionParts parts() {
    const auto fresh_nonce = [this]() -> Result<Nonce> {
      Nonce nonce{};
      nonce.fill(++nonces_given_);
      return nonce;
    };
    return {engine_.hosts, engine_.nonces,   inbox_,      counters_,
            log_,          host_.server_key, fresh_nonce, {}};
  }

  ChallengePolicy policy() const {
    ChallengePolicy policy;
    policy.selections = [this](const Host&) {
      return std::vector<PcrSelection>{engine_.snapshot()->policy().selection};
    };
    return policy;
  }

  // Here and in the TPM.
  void pass(std::int64_t ms) {
    engine_.clock.advance(ms);
    host_.clock.clock_ms += static_cast<std::uint64_t>(ms);
  }

  // The answers to one message, and to what comes of it in the engine.
  std::vector<MessageBody> send(MessageBody body) {
    const Moment now = engine_.clock.now();
    Arrival arrival = Arrival::in_time(now);
    arrival.waiting_since.ms -= read_late_ms_;
    std::vector<MessageBody> answers;
    decode(table_->receive(host_.record().curve_key, "route",
                           encode_message({Role::kHost, 1, std::move(body)}), arrival),
           answers);
    while (inbox_.depth() > 0) {
      for (Submission& submission : take()) {
        std::vector<Reply> replies;
        replies.push_back(engine_.commit(engine_.judge(std::move(submission))));
        decode(table_->deliver(std::move(replies), now), answers);
      }
    }
    return answers;
  }

  // The last answer, once the log has been sent that was asked for.
  MessageBody attest(const Bytes& item) {
    MessageBody answer = send(EvidenceMessage{{item}}).back();
    if (const auto* need = std::get_if<NeedMessage>(&answer)) {
      const Bytes log = host_.log();
      answer = send(LogsMessage{need->sequence, LogKind::kBoot, log.size(), 0, log}).back();
    }
    return answer;
  }

  MessageBody answer(const ChallengeMessage& challenge) {
    return attest(item(NonceKind::kInteractive, challenge.nonce, challenge.sequence));
  }

  // Attests until the host holds a nonce for the next time: some receipts carry none.
  void begin() {
    do {
      const MessageBody asked =
          send(HelloMessage{host_.record().uid, host_.record().generation, {}, 0, "test"}).back();
      ASSERT_TRUE(std::holds_alternative<ChallengeMessage>(asked));
      ASSERT_EQ(state_in(answer(std::get<ChallengeMessage>(asked))), TrustState::kTrusted);
      pass(1'000);
    } while (!nonce_);
  }

  Bytes item(NonceKind kind, const Nonce& nonce, std::uint64_t sequence) const {
    Challenge challenge = engine_.challenge(host_);
    challenge.kind = kind;
    challenge.nonce = nonce;
    challenge.sequence = sequence;
    return host_.draft(challenge).seal();
  }

  // What the host quotes now, for the nonce that it holds.
  [[nodiscard]] Bytes due() const {
    return item(NonceKind::kPreissued, *nonce_, engine_.state(host_).sequence + 1);
  }

  // By the receipt, whose nonce the host keeps; kUnknown if it is none.
  TrustState state_in(const MessageBody& body) {
    const auto* message = std::get_if<ReceiptMessage>(&body);
    const std::optional<Receipt> receipt =
        message != nullptr ? std::optional(*decode_receipt(message->receipt)) : std::nullopt;
    nonce_ = receipt ? receipt->next_nonce : std::nullopt;
    return receipt ? static_cast<TrustState>(receipt->state) : TrustState::kUnknown;
  }

  // What is no verdict, and is asked anew; the challenge.
  static ChallengeMessage asked_again(const MessageBody& body) {
    const auto* error = std::get_if<ErrorMessage>(&body);
    EXPECT_TRUE(error != nullptr && error->code == ErrorCode::kExpired && error->challenge);
    return error != nullptr ? error->challenge.value_or(ChallengeMessage{}) : ChallengeMessage{};
  }

  void fill() {
    while (inbox_.offer(Submission{})) {
    }
  }

  std::vector<Submission> take() {
    std::vector<Submission> batch = inbox_.take();
    inbox_.finished();
    return batch;
  }

  SoftwareHost host_;
  SmallEngine engine_{default_policy(), {baseline_of(SoftwareHost())}};
  Inbox inbox_{3, 1024 * 1024, 0};
  ServerCounters counters_;
  ServerLog log_{[](LogLevel, std::string_view, std::string_view) {}};
  std::optional<SessionTable> table_;
  std::optional<Nonce> nonce_;
  std::int64_t read_late_ms_ = 0;
  std::uint8_t nonces_given_ = 0;

 private:
  static void decode(const std::vector<Outgoing>& outgoing, std::vector<MessageBody>& out) {
    for (const Outgoing& one : outgoing) {
      out.push_back(decode_message(one.frame)->body);
    }
  }
};

TEST_F(SessionEngine, AQuoteThatTheHostHeldBackIsFailed) {
  const Bytes held = due();
  pass(kEvery);
  EXPECT_EQ(state_in(attest(held)), TrustState::kFailed);
  EXPECT_THAT(engine_.blame(host_), Contains(FindingCode::kQuoteClockLag));
}

TEST_F(SessionEngine, AQuoteThatWasPutOffIsAskedForAgainAndTheFreshOneIsTrusted) {
  const Bytes early = due();
  fill();
  ASSERT_TRUE(std::holds_alternative<BusyMessage>(
      decode_message(table_
                         ->receive(host_.record().curve_key, "route",
                                   encode_message({Role::kHost, 1, EvidenceMessage{{early}}}),
                                   Arrival::in_time(engine_.clock.now()))
                         .front()
                         .frame)
          ->body));
  take();
  pass(kEvery);
  const HostState before = engine_.state(host_);
  const ChallengeMessage challenge = asked_again(attest(early));
  EXPECT_EQ(engine_.state(host_).sequence, before.sequence) << "no verdict";
  EXPECT_EQ(engine_.state(host_).state, TrustState::kTrusted);
  EXPECT_EQ(engine_.counters.asked_again, 1U);
  EXPECT_EQ(engine_.counters.internal_errors, 0U);
  EXPECT_EQ(state_in(answer(challenge)), TrustState::kTrusted);
}

TEST_F(SessionEngine, AQuoteThatTheServerReadLateIsAskedForAgain) {
  const Bytes early = due();
  pass(kEvery);
  read_late_ms_ = kEvery;
  const ChallengeMessage challenge = asked_again(attest(early));
  EXPECT_EQ(state_in(answer(challenge)), TrustState::kTrusted);
}

TEST_F(SessionEngine, WhoIsAskedAgainCannotBeASecondTime) {
  const Bytes early = due();
  pass(kEvery);
  read_late_ms_ = kEvery;
  const ChallengeMessage challenge = asked_again(attest(early));
  host_.boot.push_back(testing::measured(9, event_type::kIpl, "/boot/evil"));
  const Bytes second = item(NonceKind::kInteractive, challenge.nonce, challenge.sequence);
  pass(50'000);
  EXPECT_EQ(state_in(attest(second)), TrustState::kFailed) << "however late the server is";
  EXPECT_THAT(engine_.blame(host_), Contains(FindingCode::kBootEventUnexpected));
}

}  // namespace
}  // namespace quotemill::transport
