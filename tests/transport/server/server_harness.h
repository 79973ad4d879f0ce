// An attestation endpoint on loopback with enrolled hosts, and a pipeline that calls every host
// trusted. The real transport, nothing of the real engine.
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <thread>
#include <time.h>
#include <vector>

#include <gtest/gtest.h>

#include "engine/crypto/hash.h"
#include "engine/evidence/evidence_codec.h"
#include "engine/evidence/receipt.h"
#include "engine/tpm/quote.h"
#include "tests/support/eventually.h"
#include "tests/transport/socket/loopback.h"
#include "transport/server/evidence_server.h"

namespace quotemill::testing {

class SystemClock final : public Clock {
 public:
  [[nodiscard]] Moment now() const override {
    return {{read_ms(CLOCK_REALTIME)}, {read_ms(CLOCK_BOOTTIME)}};
  }

 private:
  static std::int64_t read_ms(clockid_t clock) {
    timespec time{};
    ::clock_gettime(clock, &time);
    return time.tv_sec * 1000 + time.tv_nsec / 1'000'000;
  }
};

// A host with its keys, and what it sends.
struct TestHost {
  HostRecord record;
  transport::CurveKeyPair pair;

  [[nodiscard]] transport::HelloMessage hello() const {
    return {record.uid, record.generation, {}, 0, "test/1"};
  }

  [[nodiscard]] transport::EvidenceMessage answer(const transport::ChallengeMessage& challenge,
                                                  const Bytes& boot_id = {},
                                                  NonceKind kind = NonceKind::kInteractive) const {
    EvidenceHeader header;
    header.nonce_kind = kind;
    std::copy(boot_id.begin(), boot_id.end(), header.boot_id.begin());
    header.host = record.uid;
    header.generation = record.generation;
    header.sequence = challenge.sequence;
    header.boot_log_bytes = 1;
    const Bytes header_bytes = encode_evidence_header(header);
    Quote quote;
    quote.extra_data = challenge.nonce;
    quote.selections = challenge.selections;
    const Bytes attest = encode_quote(quote);
    Evidence evidence;
    evidence.header = header;
    evidence.header_bytes = header_bytes;
    evidence.attest = attest;
    return {{encode_evidence(evidence)}};
  }
};

inline TestHost make_host(std::uint8_t number) {
  TestHost host;
  host.pair = fresh_pair();
  host.record.uid.bytes.fill(number);
  host.record.name = "host-" + std::to_string(number);
  host.record.life_cycle = LifeCycle::kActive;
  host.record.curve_key = host.pair.public_key;
  return host;
}

// What a TrustingPipeline does beside trusting. Set before it starts.
struct TrustingOptions {
  bool with_nonce = false;                          // receipts carry the next nonce
  std::uint32_t next_due_ms = 100;                  // in receipts
  bool asks_for_log = false;                        // with the first evidence of each sequence
  std::atomic<int> logs_received{0};                // submissions that came with a log
  std::atomic<int> failed_foregone{0};              // submissions decided before judging
  std::atomic<std::int64_t> may_have_waited_ms{0};  // before the last submission was read
};

// Judges everything as trusted, on threads of its own, until the inbox is closed.
class TrustingPipeline {
 public:
  TrustingPipeline(Inbox& inbox, HostTable& hosts, const NonceAuthority& nonces)
      : inbox_(inbox), hosts_(hosts), nonces_(nonces) {}

  ~TrustingPipeline() { stop(); }

  // Where replies go from now on.
  void redirect(ReplySink& replies) { replies_ = &replies; }

  void start(ReplySink& replies) {
    redirect(replies);
    batches_ = std::thread([this] {
      for (auto batch = inbox_.take(); !batch.empty(); batch = inbox_.take()) {
        answer(batch);
        inbox_.finished();
      }
    });
    large_items_ = std::thread([this] {
      while (const std::optional<Submission> large = inbox_.take_large()) {
        answer({&*large, 1});
      }
    });
  }

  void stop() {
    held_ = false;
    inbox_.close();
    for (std::thread* const thread : {&batches_, &large_items_}) {
      if (thread->joinable()) {
        thread->join();
      }
    }
  }

  // While true, judgements wait.
  void hold(bool held) { held_ = held; }

  TrustingOptions options;

 private:
  // One after another, as the commit thread does.
  void answer(std::span<const Submission> batch) {
    while (held_) {
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    const std::lock_guard lock(mutex_);
    std::vector<Reply> answers;
    for (const Submission& submission : batch) {
      answers.push_back(judge(submission));
    }
    replies_.load()->deliver(std::move(answers));
  }

  Reply judge(const Submission& submission) {
    Reply reply;
    reply.host = submission.host->uid;
    reply.generation = submission.host->generation;
    reply.sequence = submission.challenge.sequence;
    options.failed_foregone += submission.foregone ? 1 : 0;
    options.may_have_waited_ms = submission.received.boot.ms - submission.waiting_since.ms;
    options.logs_received += submission.boot_log.empty() ? 0 : 1;
    if (options.asks_for_log && submission.boot_log.empty() && !submission.foregone) {
      reply.kind = ReplyKind::kNeedLog;
      reply.need.boot_log = true;
      return reply;
    }
    reply.kind = ReplyKind::kReceipt;
    auto state = std::make_shared<HostState>();
    Receipt receipt;
    receipt.state = static_cast<std::uint8_t>(TrustState::kTrusted);
    receipt.host = reply.host;
    receipt.generation = reply.generation;
    receipt.number = reply.sequence;
    receipt.next_due_ms = options.next_due_ms;
    receipt.selections = submission.challenge.selections;
    if (options.with_nonce) {
      receipt.next_nonce = nonces_.issue(reply.host, reply.generation, reply.sequence + 1);
      receipt.nonce_valid_ms = 60'000;
      state->nonce_issued = submission.received.wall;
      state->nonce_deadline.ms = submission.received.wall.ms + 60'000;
    }
    reply.body = encode_receipt(receipt);
    state->host = reply.host;
    state->generation = reply.generation;
    state->sequence = reply.sequence;
    state->evidence = hash(HashAlgorithm::kSha256, submission.item);
    state->receipt = reply.body;
    hosts_.put_state(state);
    return reply;
  }

  Inbox& inbox_;
  HostTable& hosts_;
  const NonceAuthority& nonces_;
  std::atomic<ReplySink*> replies_{nullptr};
  std::atomic<bool> held_{false};
  std::mutex mutex_;
  std::thread batches_;
  std::thread large_items_;
};

class ServerTest : public ::testing::Test {
 protected:
  static constexpr std::uint8_t kHosts = 4;

  ServerTest() {
    for (std::uint8_t i = 0; i < kHosts; ++i) {
      fleet_.push_back(make_host(i));
      hosts_.put(std::make_shared<const HostRecord>(fleet_.back().record));
    }
  }

  ~ServerTest() override {
    pipeline_.stop();
    server_.reset();
  }

  void start(std::size_t memory_bytes_max = 0, transport::Rate handshakes = {0, 1}) {
    transport::ZapDomain domain;
    domain.admits = [this](const CurveKey& key) {
      return hosts_.admits(key) ||
             std::any_of(gateways_.begin(), gateways_.end(),
                         [&key](const auto& gateway) { return gateway.key == key; });
    };
    domain.handshakes = handshakes;
    auto zap = transport::ZapHandler::start(*context_, {{"attest", std::move(domain)}});
    ASSERT_TRUE(zap);
    zap_ = *std::move(zap);
    transport::EvidenceServerOptions options;
    options.endpoint = "tcp://127.0.0.1:*";
    options.key = server_pair_;
    options.memory_bytes_max = memory_bytes_max;
    options.gateways = gateways_;
    options.challenges.selections = [](const Host&) {
      return std::vector<PcrSelection>{{HashAlgorithm::kSha256, 1}};
    };
    auto server = transport::EvidenceServer::create({*context_, hosts_, nonces_, inbox_, clock_},
                                                    std::move(options));
    ASSERT_TRUE(server) << server.error().to_string();
    server_ = *std::move(server);
    server_->start();
    pipeline_.start(*server_);
  }

  transport::Socket connect(const TestHost& host) {
    return make_client(*client_context_, server_->endpoint(), host.pair, server_pair_.public_key);
  }

  static void send(transport::Socket& socket, transport::MessageBody body) {
    socket.send(transport::encode_message({transport::Role::kHost, 1, std::move(body)}));
  }

  // The next message of type T; others are skipped.
  template <class T>
  static std::optional<T> expect(transport::Socket& socket, int timeout_ms = kPatienceMs) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(timeout_ms);
    while (std::chrono::steady_clock::now() < end) {
      const std::optional<transport::Received> received = receive_within(socket, 100);
      if (!received) {
        continue;
      }
      const Result<transport::Message> message = transport::decode_message(received->payload);
      if (const T* body = message ? std::get_if<T>(&message->body) : nullptr) {
        return *body;
      }
    }
    return std::nullopt;
  }

  // HELLO to RECEIPT, each step tried again until `timeout_ms` has passed.
  static bool attests(transport::Socket& socket, const TestHost& host,
                      int timeout_ms = kPatienceMs) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(timeout_ms);
    while (std::chrono::steady_clock::now() < end) {
      send(socket, host.hello());
      const auto challenge = expect<transport::ChallengeMessage>(socket, 1'000);
      if (!challenge) {
        continue;
      }
      send(socket, host.answer(*challenge));
      if (expect<transport::ReceiptMessage>(socket, 1'000)) {
        return true;
      }
    }
    return false;
  }

  SystemClock clock_;
  HostTable hosts_;
  NonceAuthority nonces_{NonceAuthority::Keys{}};
  Inbox inbox_{100, 64 * 1024 * 1024, 0};
  TrustingPipeline pipeline_{inbox_, hosts_, nonces_};
  transport::CurveKeyPair server_pair_ = fresh_pair();
  std::vector<TestHost> fleet_;
  std::vector<transport::GatewayOptions> gateways_;  // set before start()
  // Declared last, so that what lives in them goes first.
  std::unique_ptr<transport::Context> context_ = make_context();
  std::unique_ptr<transport::Context> client_context_ = make_context();
  std::unique_ptr<transport::ZapHandler> zap_;
  std::unique_ptr<transport::EvidenceServer> server_;
};

}  // namespace quotemill::testing
