// A SessionTable with one enrolled host, a clock that the test moves, and a pipeline that the test
// plays: submissions are taken from the inbox, verdicts put into the host table as the commit stage
// does.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "engine/crypto/hash.h"
#include "engine/evidence/evidence_codec.h"
#include "engine/evidence/receipt.h"
#include "engine/tpm/quote.h"
#include "transport/server/session_table.h"

namespace quotemill::testing {

class SessionTest : public ::testing::Test {
 protected:
  static constexpr std::int64_t kNow = 1'000'000;
  static constexpr std::int64_t kWallAhead = 500'000'000;
  static constexpr transport::GatewayNumber kGateway = 3;

  explicit SessionTest(std::size_t inbox_items = 3) : inbox_(inbox_items, 1024 * 1024, 0) {
    record_.uid.bytes.fill(0x11);
    record_.name = "db-1";
    record_.life_cycle = LifeCycle::kActive;
    record_.curve_key.fill(0x22);
    put_record();
    server_key_.fill(0x33);
    restart_table();
  }

  void put_record() { hosts_.put(std::make_shared<const HostRecord>(record_)); }

  // A server restart: sessions are gone, the host table is not.
  void restart_table() {
    transport::ChallengePolicy policy;
    policy.selections = [](const Host&) {
      return std::vector<PcrSelection>{{HashAlgorithm::kSha256, 0xFF}};
    };
    const auto fresh_nonce = [this]() -> Result<Nonce> {
      Nonce nonce{};
      nonce.fill(++nonces_given_);
      return nonce;
    };
    const auto on_store_behind = [this](const Host&, std::uint64_t theirs, std::uint64_t ours) {
      store_behind_.emplace_back(theirs, ours);
    };
    const auto may_carry = [this](transport::GatewayNumber gateway, const HostRecord& host) {
      return gateway == kGateway && host.uid == record_.uid && is_listed_;
    };
    const auto log_proof_key = [this](const CurveKey&) -> Result<Digest> { return log_key_; };
    table_ = std::make_unique<transport::SessionTable>(
        transport::SessionParts{hosts_, nonces_, inbox_, counters_, log_, server_key_, fresh_nonce,
                                on_store_behind, may_carry, log_proof_key},
        policy);
  }

  [[nodiscard]] Moment now() const { return {{now_ms_ + kWallAhead}, {now_ms_}}; }

  // Of what the host sends now.
  [[nodiscard]] transport::Arrival arrival() const {
    transport::Arrival arrival = transport::Arrival::in_time(now());
    arrival.waiting_since.ms -= read_late_ms_;
    if (opened_ms_) {
      arrival.measurable_from.ms = *opened_ms_;
    }
    return arrival;
  }

  [[nodiscard]] HostState state() const { return *hosts_.find(record_.uid)->state; }

  void put_state(HostState state) {
    state.host = record_.uid;
    state.generation = record_.generation;
    hosts_.put_state(std::make_shared<const HostState>(std::move(state)));
  }

  // --- What the host sends ---------------------------------------------------------------------

  std::vector<transport::Outgoing> send_frame(const Bytes& frame) {
    if (through_gateway_) {
      return table_->receive_carried(kGateway, record_.curve_key, frame, arrival());
    }
    return table_->receive(record_.curve_key, route_, frame, arrival());
  }

  std::vector<transport::Outgoing> send_all(transport::MessageBody body) {
    return send_frame(
        transport::encode_message({transport::Role::kHost, ++correlation_, std::move(body)}));
  }

  // The one answer to a message; nullopt if there is none.
  std::optional<transport::MessageBody> send(transport::MessageBody body) {
    const std::vector<transport::Outgoing> outgoing = send_all(std::move(body));
    return only(outgoing, correlation_);
  }

  std::optional<transport::MessageBody> only(const std::vector<transport::Outgoing>& outgoing,
                                             std::optional<std::uint64_t> correlation = {}) {
    EXPECT_LE(outgoing.size(), 1U);
    if (outgoing.empty()) {
      return std::nullopt;
    }
    EXPECT_EQ(outgoing.front().route, through_gateway_ ? by_gateway() : transport::Route{route_});
    if (through_gateway_) {
      EXPECT_EQ(outgoing.front().key, record_.curve_key);
    }
    Result<transport::Message> message = transport::decode_message(outgoing.front().frame);
    EXPECT_TRUE(message);
    if (correlation) {
      EXPECT_EQ(message->correlation, *correlation);
    }
    return message->body;
  }

  transport::HelloMessage hello(std::uint64_t last_receipt = 0) const {
    return {record_.uid, record_.generation, boot_id_, last_receipt, "agent/1"};
  }

  // A challenge of its own, not the last one again.
  transport::ChallengeMessage challenged() {
    now_ms_ += 1'000;
    const auto answer = send(hello());
    EXPECT_TRUE(answer && std::holds_alternative<transport::ChallengeMessage>(*answer));
    return std::get<transport::ChallengeMessage>(*answer);
  }

  // Evidence whose quote answers `nonce`; `mark` makes its bytes differ.
  Bytes item(std::uint64_t sequence, const Nonce& nonce, NonceKind kind = NonceKind::kInteractive,
             std::uint8_t mark = 0) const {
    EvidenceHeader header;
    header.nonce_kind = kind;
    header.host = item_host_ ? *item_host_ : record_.uid;
    header.generation = record_.generation;
    header.sequence = sequence;
    header.boot_id = boot_id_;
    header.boot_log_bytes = 100;
    Evidence evidence;
    const Bytes header_bytes = encode_evidence_header(header);
    evidence.header = header;
    evidence.header_bytes = header_bytes;
    const ChannelBinding binding{record_.uid, record_.generation, record_.curve_key, server_key_};
    const Digest extra = attest_qualifying_data(nonce, binding, header_bytes);
    Quote quote;
    quote.extra_data = extra.view();
    const Bytes digest(32, 0x44);
    quote.pcr_digest = digest;
    quote.selections = {{HashAlgorithm::kSha256, 0xFF}};
    const Bytes attest = encode_quote(quote);
    evidence.attest = attest;
    const Bytes signature = {mark};
    evidence.signature = signature;
    return encode_evidence(evidence);
  }

  static transport::EvidenceMessage evidence(Bytes item) { return {{std::move(item)}}; }

  std::optional<transport::MessageBody> answer_challenge(
      const transport::ChallengeMessage& challenge, std::uint8_t mark = 0) {
    return send(evidence(item(challenge.sequence, challenge.nonce, NonceKind::kInteractive, mark)));
  }

  static transport::Route by_gateway() { return {{}, kGateway}; }

  // --- What the pipeline does ------------------------------------------------------------------

  // What the inbox gives, as if it were judged at once.
  std::vector<Submission> take_all() {
    std::vector<Submission> batch = inbox_.take();
    inbox_.finished();
    return batch;
  }

  // The one submission in the inbox.
  Submission take() {
    EXPECT_EQ(inbox_.depth(), 1U);
    if (inbox_.depth() == 0) {
      return {};
    }
    std::vector<Submission> batch = take_all();
    EXPECT_EQ(batch.size(), 1U);
    return std::move(batch.front());
  }

  // Judges it: state and receipt in the host table, the reply as the commit stage sends it.
  Reply judge(const Submission& submission, bool with_nonce = false) {
    Receipt receipt;
    receipt.state = static_cast<std::uint8_t>(TrustState::kTrusted);
    receipt.host = record_.uid;
    receipt.generation = record_.generation;
    receipt.number = submission.challenge.sequence;
    receipt.selections = {{HashAlgorithm::kSha256, 0xFF}};
    HostState next = state();
    next.sequence = submission.challenge.sequence;
    next.evidence = hash(HashAlgorithm::kSha256, submission.item);
    next.nonce_issued.reset();
    if (with_nonce) {
      receipt.next_nonce = nonces_.issue(record_.uid, record_.generation, next.sequence + 1);
      receipt.nonce_valid_ms = 300'000;
      next.nonce_issued = now().wall;
      next.nonce_deadline.ms = now().wall.ms + receipt.nonce_valid_ms;
    }
    next.receipt = encode_receipt(receipt);
    Reply reply = reply_to(submission, ReplyKind::kReceipt);
    reply.body = next.receipt;
    put_state(next);
    return reply;
  }

  [[nodiscard]] Reply reply_to(const Submission& submission, ReplyKind kind) const {
    Reply reply;
    reply.host = record_.uid;
    reply.generation = record_.generation;
    reply.sequence = submission.challenge.sequence;
    reply.kind = kind;
    reply.need.boot_log = kind == ReplyKind::kNeedLog;
    return reply;
  }

  std::vector<transport::Outgoing> deliver_all(Reply reply) {
    std::vector<Reply> replies;
    replies.push_back(std::move(reply));
    return table_->deliver(std::move(replies), now());
  }

  std::optional<transport::MessageBody> deliver(Reply reply) {
    return only(deliver_all(std::move(reply)));
  }

  Reply error_reply(const Submission& submission, ErrorCode code) {
    Reply reply = reply_to(submission, ReplyKind::kError);
    reply.error = {code, "test"};
    return reply;
  }

  // HELLO to RECEIPT.
  void attest(bool with_nonce = false) {
    const transport::ChallengeMessage challenge = challenged();
    EXPECT_FALSE(answer_challenge(challenge));
    const auto answer = deliver(judge(take(), with_nonce));
    EXPECT_TRUE(answer && std::holds_alternative<transport::ReceiptMessage>(*answer));
  }

  [[nodiscard]] Nonce preissued() const {
    return nonces_.issue(record_.uid, record_.generation, state().sequence + 1);
  }

  // Evidence that was accepted and answered with NEED.
  Submission need_log() {
    const transport::ChallengeMessage challenge = challenged();
    EXPECT_FALSE(answer_challenge(challenge));
    Submission submission = take();
    const auto answer = deliver(reply_to(submission, ReplyKind::kNeedLog));
    EXPECT_TRUE(answer && std::holds_alternative<transport::NeedMessage>(*answer));
    return submission;
  }

  static transport::LogsMessage segment(std::uint64_t sequence, std::uint64_t total,
                                        std::uint64_t offset, Bytes bytes) {
    return {sequence, transport::LogKind::kBoot, total, offset, std::move(bytes)};
  }

  static ErrorCode code_of(const std::optional<transport::MessageBody>& answer) {
    const auto* error = answer ? std::get_if<transport::ErrorMessage>(&*answer) : nullptr;
    return error != nullptr ? error->code : ErrorCode::kInternal;
  }

  template <class T>
  static bool is(const std::optional<transport::MessageBody>& answer) {
    return answer && std::holds_alternative<T>(*answer);
  }

  HostRecord record_;
  CurveKey server_key_{};
  HostTable hosts_;
  NonceAuthority nonces_{NonceAuthority::Keys{}};
  Inbox inbox_;
  transport::ServerCounters counters_;
  std::vector<std::string> lines_;
  transport::ServerLog log_{
      [this](transport::LogLevel, std::string_view host, std::string_view text) {
        lines_.push_back(std::string(host) + ": " + std::string(text));
      }};
  std::vector<std::pair<std::uint64_t, std::uint64_t>> store_behind_;
  std::unique_ptr<transport::SessionTable> table_;
  std::int64_t now_ms_ = kNow;
  std::int64_t read_late_ms_ = 0;          // so long may what comes have waited
  std::optional<std::int64_t> opened_ms_;  // when the socket was; none: always there
  transport::RouteId route_ = "route-1";
  bool through_gateway_ = false;
  bool is_listed_ = true;
  Digest log_key_ = hash(HashAlgorithm::kSha256, as_bytes("of both"));
  std::uint64_t correlation_ = 0;
  std::uint8_t nonces_given_ = 0;
  BootId boot_id_{};
  std::optional<HostUid> item_host_;
};

}  // namespace quotemill::testing
