// Agent: the host's side of continuous attestation. Enrols once, then answers challenges and
// attests when the last receipt said so, for ever; no failure that may pass ends it.
//
//   HELLO -> CHALLENGE -> EVIDENCE -> [NEED -> LOGS] -> RECEIPT      connect, or nothing pre-issued
//                         EVIDENCE -> RECEIPT                        steady state, one round trip
//
// Evidence that was sent and has no receipt is kept and sent again byte for byte: the engine
// answers the same evidence with the same receipt, and calls other evidence for the same nonce a
// reuse. One thread.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/evidence/receipt.h"
#include "transport/agent/agent_state.h"
#include "transport/agent/attestor.h"
#include "transport/agent/backoff.h"
#include "transport/client/attestation_client.h"

namespace quotemill::agent {

struct AgentOptions {
  std::string name;
  std::string token;                             // empty if there is none
  std::vector<transport::ServerAddress> attest;  // servers, and gateways before them
  std::vector<transport::ServerAddress> enrol;
  std::string state_folder;
  EkKind ek_kind = EkKind::kRsa2048;
  AkKind ak_kind = AkKind::kEcdsaP256;
  AttestorOptions attestor;
  std::int64_t backoff_min_ms = 1'000;
  std::int64_t backoff_max_ms = 60'000;
  std::int64_t answer_timeout_ms = 10'000;  // without an answer: another server, or again
};

enum class AgentLogLevel : std::uint8_t { kInfo, kWarn };

// Texts are escaped.
using AgentLog = std::function<void(AgentLogLevel level, const std::string& text)>;

class Agent {
 public:
  // Opens the state folder (kBusy if another agent has it, kDenied if others may read it): the one
  // thing that must work at once. `context` outlives the agent.
  static Result<Agent> create(transport::Context& context, AgentOptions options, AgentLog log);

  // Until `stop_fd` (an eventfd) can be read.
  void run(int stop_fd);

 private:
  // Evidence on its way.
  struct Pending {
    Answer answer;
    std::uint64_t sequence = 0;
    Nonce nonce{};
  };

  Agent(transport::Context& context, AgentOptions options, StateFolder folder, AgentState state,
        const transport::CurveKeyPair& keys, AgentLog log);

  void step(int stop_fd);
  bool prepare_tpm(int stop_fd);
  void enrol(int stop_fd);
  Result<transport::EnrolMessage> enrol_request();
  void connect();
  void say_hello();
  void attest(const Question& question);
  void send_pending();
  void send_again();
  void send_boot_log(const transport::NeedMessage& need);
  void send_runtime_list(const transport::NeedMessage& need);
  void send_log(ByteView log, const transport::NeedMessage& need);
  bool prove(transport::LogsMessage& segment) const;

  void on_message(const transport::Message& message);
  void on_challenge(const transport::ChallengeMessage& challenge);
  void on_need(const transport::NeedMessage& need);
  void on_receipt(const transport::ReceiptMessage& message);
  void on_error(const transport::ErrorMessage& error);
  void on_wake();
  void on_silence();
  void on_due();
  void on_tpm_failure(const Error& error);

  [[nodiscard]] bool is_behind_gateway() const;
  [[nodiscard]] std::int64_t pause(std::int64_t asked_ms) const;
  [[nodiscard]] bool is_answering(const transport::ChallengeMessage& challenge) const;
  [[nodiscard]] ChannelBinding binding() const;
  void wait_until(std::int64_t at_ms);
  void sleep(std::int64_t ms, int stop_fd) const;
  void save_state();
  void say(AgentLogLevel level, const std::string& text) const;

  transport::Context& context_;
  AgentOptions options_;
  StateFolder folder_;
  AgentState state_;
  transport::CurveKeyPair keys_;
  AgentLog log_;
  Backoff backoff_;
  std::optional<Attestor> attestor_;
  transport::AttestationClient client_;

  std::size_t enrol_next_ = 0;  // which enrolment endpoint to ask
  // What it was enrolled as, while it asks whether that is still so.
  std::optional<Enrolment> doubted_;
  std::optional<Pending> pending_;
  bool awaiting_ = false;     // something was asked; an answer is due by wake_ms_
  bool postponed_ = false;    // the server is busy: the same again at wake_ms_
  std::int64_t wake_ms_ = 0;  // when to act next, CLOCK_BOOTTIME
  std::optional<Nonce> next_nonce_;
  std::uint64_t last_receipt_ = 0;  // that next_nonce_ came with
  std::int64_t next_nonce_until_ms_ = 0;
  std::vector<PcrSelection> selections_;
  std::optional<Bytes> proven_digest_;  // of the last quote that was trusted
  std::optional<BootId> boot_id_;       // of the last receipt
};

}  // namespace quotemill::agent
