#include "transport/agent/agent.h"

#include <algorithm>
#include <poll.h>
#include <utility>
#include <variant>

#include "engine/base/text.h"
#include "engine/crypto/random.h"
#include "transport/agent/boot_clock.h"
#include "transport/limits.h"

namespace quotemill::agent {
namespace {

using transport::ChallengeMessage;
using transport::ErrorMessage;
using transport::Message;
using transport::ReceiptMessage;

constexpr std::uint8_t kTrustedOnWire = 1;    // TrustState in a receipt
constexpr unsigned kSilencesBeforeEnrol = 6;  // no server knows us any more: ask the other door
constexpr std::int64_t kQueuePollMs = 5;

Result<transport::CurveKeyPair> load_or_make_keys(StateFolder& folder) {
  const Result<std::optional<Bytes>> stored = folder.load_curve_key();
  if (!stored) {
    return stored.error();
  }
  transport::CurveKeyPair pair;
  const std::size_t half = pair.public_key.size();
  if (stored->has_value() && (*stored)->size() == 2 * half) {
    const ByteView bytes = **stored;
    std::copy_n(bytes.begin(), half, pair.public_key.begin());
    std::copy_n(bytes.subspan(half).begin(), half, pair.secret_key.begin());
    return pair;
  }
  Result<transport::CurveKeyPair> fresh = transport::generate_key_pair();
  if (!fresh) {
    return fresh;
  }
  Bytes both = to_bytes(fresh->public_key);
  both.insert(both.end(), fresh->secret_key.begin(), fresh->secret_key.end());
  if (const Result<void> saved = folder.save_curve_key(both); !saved) {
    return saved.error();
  }
  return fresh;
}

std::uint64_t seed() {
  std::uint64_t value = 0;
  if (const Result<Bytes> random = random_bytes(sizeof value)) {
    for (const std::uint8_t byte : *random) {
      value = value << 8U | byte;
    }
  }
  return value;
}

}  // namespace

Result<Agent> Agent::create(transport::Context& context, AgentOptions options, AgentLog log) {
  Result<StateFolder> folder = StateFolder::open(options.state_folder);
  if (!folder) {
    return folder.error();
  }
  Result<std::optional<AgentState>> stored = folder->load_state();
  if (!stored) {
    return stored.error();
  }
  Result<transport::CurveKeyPair> keys = load_or_make_keys(*folder);
  if (!keys) {
    return keys.error();
  }
  AgentState state = stored->value_or(AgentState{});
  if (!stored->has_value() || state.ek_kind != options.ek_kind ||
      state.ak_kind != options.ak_kind) {
    // Other kinds of keys are another identity: a new AK, enrolled anew.
    state = AgentState{options.ek_kind, options.ak_kind, {}, std::nullopt};
  }
  return Agent(context, std::move(options), std::move(*folder), std::move(state), *keys,
               std::move(log));
}

Agent::Agent(transport::Context& context, AgentOptions options, StateFolder folder,
             AgentState state, const transport::CurveKeyPair& keys, AgentLog log)
    : context_(context),
      options_(std::move(options)),
      folder_(std::move(folder)),
      state_(std::move(state)),
      keys_(keys),
      log_(std::move(log)),
      backoff_(options_.backoff_min_ms, options_.backoff_max_ms, seed()),
      client_(context, keys_, options_.attest) {}

void Agent::run(int stop_fd) {
  pollfd stop{stop_fd, POLLIN, 0};
  while (poll(&stop, 1, 0) == 0) {
    step(stop_fd);
  }
}

// One thing at a time: a TPM, an identity, a connection, then whatever comes first, a message or
// the moment to act.
void Agent::step(int stop_fd) {
  if (!prepare_tpm(stop_fd)) {
    return;
  }
  if (!state_.enrolment) {
    enrol(stop_fd);
    return;
  }
  if (!client_.is_connected()) {
    connect();
  }
  const std::int64_t wait_ms = std::clamp<std::int64_t>(wake_ms_ - boot_ms(), 0, 3'600'000);
  const auto received = client_.receive(static_cast<int>(wait_ms), stop_fd);
  if (received && *received) {
    on_message(**received);
  } else if (received) {
    say(AgentLogLevel::kWarn,
        "the server sent what cannot be read: " + received->error().to_string());
  } else if (boot_ms() >= wake_ms_) {
    on_wake();
  }
}

void Agent::on_wake() {
  if (postponed_) {
    postponed_ = false;
    send_again();
  } else if (awaiting_) {
    on_silence();
  } else {
    on_due();
  }
}

bool Agent::prepare_tpm(int stop_fd) {
  if (attestor_) {
    return true;
  }
  const bool had_key = !state_.ak.public_blob.empty();
  Result<Attestor> opened = Attestor::open(options_.attestor, state_);
  if (!opened) {
    say(AgentLogLevel::kWarn, "the TPM cannot be used: " + opened.error().to_string());
    sleep(backoff_.next_ms(), stop_fd);
    return false;
  }
  attestor_.emplace(std::move(*opened));
  if (!had_key) {
    save_state();
  }
  return true;
}

void Agent::connect() {
  const bool was_behind_gateway = client_.is_connected() && is_behind_gateway();
  proven_digest_.reset();
  next_nonce_.reset();
  if (const Result<void> connected = client_.connect_next(); !connected) {
    say(AgentLogLevel::kWarn, connected.error().to_string());
    awaiting_ = true;
    wait_until(boot_ms() + backoff_.next_ms());
    return;
  }
  if (was_behind_gateway && !is_behind_gateway()) {
    // The gateway may have made up the challenge: on a channel of our own we would answer for it.
    pending_.reset();
  }
  send_again();
}

// What the server has not answered: the same bytes, or the question for a challenge.
void Agent::send_again() {
  if (pending_) {
    send_pending();
  } else {
    say_hello();
  }
}

void Agent::say_hello() {
  transport::HelloMessage hello;
  hello.uid = state_.enrolment->host;
  hello.generation = state_.enrolment->generation;
  hello.last_receipt = state_.enrolment->receipt;
  hello.agent = options_.attestor.agent;
  if (const Result<BootId> boot = attestor_->boot_id()) {
    hello.boot_id = *boot;
  }
  client_.send(std::move(hello));
  awaiting_ = true;
  wait_until(boot_ms() + options_.answer_timeout_ms);
}

void Agent::on_message(const Message& message) {
  postponed_ = false;
  if (const auto* challenge = std::get_if<ChallengeMessage>(&message.body)) {
    on_challenge(*challenge);
  } else if (const auto* receipt = std::get_if<ReceiptMessage>(&message.body)) {
    on_receipt(*receipt);
  } else if (const auto* need = std::get_if<transport::NeedMessage>(&message.body)) {
    on_need(*need);
  } else if (const auto* busy = std::get_if<transport::BusyMessage>(&message.body)) {
    // Not a failure: the server says when.
    postponed_ = true;
    wait_until(boot_ms() + std::max(pause(busy->retry_after_ms), kQueuePollMs));
  } else if (const auto* error = std::get_if<ErrorMessage>(&message.body)) {
    on_error(*error);
  }
}

bool Agent::is_answering(const ChallengeMessage& challenge) const {
  return pending_ && pending_->sequence == challenge.sequence && pending_->nonce == challenge.nonce;
}

// At any time, whatever was under way: a new challenge voids all before it.
void Agent::on_challenge(const ChallengeMessage& challenge) {
  if (is_answering(challenge)) {
    // Told twice. A second quote for one nonce would be a reuse.
    send_pending();
    return;
  }
  selections_ = challenge.selections;
  next_nonce_.reset();
  attest({NonceKind::kInteractive, challenge.nonce, challenge.sequence, challenge.selections});
}

void Agent::attest(const Question& question) {
  pending_.reset();
  ChannelBinding about = binding();
  Result<Answer> answer = attestor_->answer(question, about, proven_digest_);
  if (!answer) {
    on_tpm_failure(answer.error());
    return;
  }
  pending_ = Pending{std::move(*answer), question.sequence, question.nonce};
  send_pending();
}

void Agent::send_pending() {
  client_.send(transport::EvidenceMessage{{pending_->answer.item}});
  awaiting_ = true;
  wait_until(boot_ms() + options_.answer_timeout_ms);
}

bool Agent::is_behind_gateway() const {
  return client_.server().gateway_key.has_value();
}

std::int64_t Agent::pause(std::int64_t asked_ms) const {
  return is_behind_gateway() ? std::min(asked_ms, limits::kGatewayPauseMaxMs) : asked_ms;
}

void Agent::on_receipt(const ReceiptMessage& message) {
  const Result<Receipt> receipt = decode_receipt(message.receipt);
  if (!receipt || receipt->host != state_.enrolment->host) {
    say(AgentLogLevel::kWarn, "the server sent a receipt that is not ours");
    return;
  }
  if (!pending_ || receipt->number != pending_->sequence) {
    return;  // of evidence that a newer challenge voided
  }
  backoff_.reset();
  const bool is_trusted = receipt->state == kTrustedOnWire;
  proven_digest_ = is_trusted ? std::optional(pending_->answer.pcr_digest) : std::nullopt;
  boot_id_ = pending_->answer.boot_id;
  pending_.reset();
  last_receipt_ = receipt->number;
  if (!is_behind_gateway()) {
    // What proves that a store lost something must come from the server itself.
    state_.enrolment->receipt = receipt->number;
    save_state();
  }
  selections_ = receipt->selections;
  next_nonce_ = receipt->next_nonce;
  next_nonce_until_ms_ = boot_ms() + receipt->nonce_valid_ms;
  for (const ReceiptFinding& finding : receipt->findings) {
    say(AgentLogLevel::kWarn, escaped(finding.code) + ": " + escaped(finding.message, 1024));
  }
  awaiting_ = false;
  wait_until(boot_ms() + pause(receipt->next_due_ms));
}

void Agent::on_error(const ErrorMessage& error) {
  say(AgentLogLevel::kWarn, "the server answers " + std::string(name_of(error.code)) + ": " +
                                escaped(error.message, 512));
  if (error.challenge && is_answering(*error.challenge)) {
    return;  // about what was sent before the challenge came; its answer is on the way
  }
  pending_.reset();
  next_nonce_.reset();
  proven_digest_.reset();  // the server may have lost what it had proven
  if (error.challenge) {
    on_challenge(*error.challenge);
    return;
  }
  awaiting_ = true;
  wait_until(boot_ms() + backoff_.next_ms());
}

// Nobody answered in time.
void Agent::on_silence() {
  const std::int64_t pause_ms = backoff_.next_ms();
  if (backoff_.failures() % kSilencesBeforeEnrol == 0) {
    say(AgentLogLevel::kWarn, "no server answers; asking to be enrolled again");
    pending_.reset();
    doubted_ = std::exchange(state_.enrolment, std::nullopt);
    return;
  }
  if (backoff_.failures() > 1) {
    connect();
  } else {
    send_again();
  }
  wait_until(boot_ms() + std::max(pause_ms, options_.answer_timeout_ms));
}

void Agent::on_due() {
  const Result<BootId> boot = attestor_->boot_id();
  const bool may_use_nonce = next_nonce_ && boot_ms() < next_nonce_until_ms_ && boot &&
                             boot_id_ == *boot && !selections_.empty();
  if (!may_use_nonce) {
    say_hello();
    return;
  }
  const Nonce nonce = *next_nonce_;
  next_nonce_.reset();
  attest({NonceKind::kPreissued, nonce, last_receipt_ + 1, selections_});
}

void Agent::on_tpm_failure(const Error& error) {
  say(AgentLogLevel::kWarn, "cannot attest: " + error.to_string());
  // The TPM may have been reset under us, its handles gone with it.
  attestor_.reset();
  awaiting_ = true;
  wait_until(boot_ms() + backoff_.next_ms());
}

ChannelBinding Agent::binding() const {
  return {state_.enrolment->host, state_.enrolment->generation, keys_.public_key,
          client_.server().server_key};
}

void Agent::wait_until(std::int64_t at_ms) {
  wake_ms_ = at_ms;
}

void Agent::sleep(std::int64_t ms, int stop_fd) const {
  pollfd stop{stop_fd, POLLIN, 0};
  poll(&stop, 1, static_cast<int>(ms));
}

void Agent::save_state() {
  if (const Result<void> saved = folder_.save_state(state_); !saved) {
    say(AgentLogLevel::kWarn, "the state cannot be saved: " + saved.error().to_string());
  }
}

void Agent::say(AgentLogLevel level, const std::string& text) const {
  log_(level, text);
}

}  // namespace quotemill::agent
