#include "transport/client/enrolment_client.h"

#include <algorithm>
#include <chrono>
#include <poll.h>
#include <utility>

#include "engine/base/text.h"
#include "engine/identity/transcript.h"

namespace quotemill::transport {
namespace {

constexpr std::uint32_t kPauseMinMs = 200;
constexpr std::uint32_t kPauseMaxMs = 60'000;

std::int64_t now_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

Error stopped() {
  return {ErrorCode::kExpired, "enrolment", 0, "stopped"};
}

EnrolmentOutcome outcome_of(const EnrolledMessage& reply) {
  switch (reply.status) {
    case EnrolStatus::kAdmitted:
      return EnrolmentActive{reply.uid, reply.generation, reply.attest_endpoint, reply.server_key};
    case EnrolStatus::kPending:
      return EnrolmentPending{reply.uid, reply.retry_after_ms, escaped(reply.message)};
    case EnrolStatus::kDenied:
      break;
  }
  return EnrolmentRefused{escaped(reply.message)};
}

}  // namespace

EnrolmentClient::EnrolmentClient(Context& context, const CurveKeyPair& keys, ServerAddress server,
                                 EnrolmentClientOptions options)
    : context_(context), keys_(keys), server_(std::move(server)), options_(options) {}

Result<EnrolmentOutcome> EnrolmentClient::run(const EnrolMessage& request, const EnrolmentTpm& tpm,
                                              int stop_fd) {
  stop_fd_ = stop_fd;
  Error last{ErrorCode::kBusy, "enrolment"};
  for (int attempt = 0; attempt < options_.attempts; ++attempt) {
    // Anew each time: an answer to the conversation before cannot come into this one.
    if (Result<void> connected = connect(); !connected) {
      return connected.error();
    }
    Result<Step> step = converse(request, tpm);
    socket_.reset();
    if (!step) {
      return step.error();
    }
    if (auto* outcome = std::get_if<EnrolmentOutcome>(&*step)) {
      return std::move(*outcome);
    }
    const Again& again = std::get<Again>(*step);
    last = again.reason;
    if (attempt + 1 < options_.attempts && !pause(again.after_ms)) {
      return stopped();
    }
  }
  return last;
}

Result<void> EnrolmentClient::connect() {
  SocketOptions options;
  options.type = SocketType::kDealer;
  options.curve = CurveClient{keys_, server_.server_key};
  options.message_size_max = limits::kEnrolMessageSizeMax;
  Result<Socket> socket = Socket::create(context_, options);
  if (!socket) {
    return socket.error();
  }
  if (Result<void> connected = socket->connect(server_.endpoint); !connected) {
    return connected;
  }
  socket_.emplace(*std::move(socket));
  return {};
}

Result<EnrolmentClient::Step> EnrolmentClient::converse(const EnrolMessage& request,
                                                        const EnrolmentTpm& tpm) {
  const Result<MessageBody> offer = exchange(request);
  if (!offer) {
    return offer.error();
  }
  const auto* credential = std::get_if<CredentialMessage>(&*offer);
  if (credential == nullptr) {
    return ended(*offer);
  }
  Result<ProofMessage> proof = prove(*credential, request, tpm);
  if (!proof) {
    return proof.error();
  }
  const Result<MessageBody> reply = exchange(*std::move(proof));
  return reply ? ended(*reply) : Result<Step>(reply.error());
}

Result<ProofMessage> EnrolmentClient::prove(const CredentialMessage& credential,
                                            const EnrolMessage& request,
                                            const EnrolmentTpm& tpm) const {
  // The transcript holds the key that we were configured with; what the message says is only a
  // better explanation than a refused proof.
  if (credential.server_key != server_.server_key) {
    return Error{ErrorCode::kMismatch, "enrolment", 0, "the server names another key as its own"};
  }
  const Result<Bytes> secret = tpm.activate(credential.id_object, credential.encrypted_secret);
  if (!secret) {
    return secret.error();
  }
  const Digest transcript = enrolment_transcript(
      {server_.server_key, keys_.public_key}, {request.name, request.ek_public, request.ak_public},
      {credential.id_object, credential.encrypted_secret});
  Result<EnrolmentQuote> quote = tpm.quote(enrolment_qualifying_data(transcript).view());
  if (!quote) {
    return quote.error();
  }
  return ProofMessage{to_bytes(enrolment_hmac(*secret, transcript).view()),
                      std::move(quote->attest), std::move(quote->signature)};
}

// Sends once; the first message with our correlation is the reply.
Result<MessageBody> EnrolmentClient::exchange(const MessageBody& message) {
  const std::uint64_t correlation = ++correlation_;
  if (socket_->send(encode_message({Role::kHost, correlation, message})) != SendOutcome::kSent) {
    return Error{ErrorCode::kIo, "enrolment", 0, server_.endpoint + ": cannot be sent to"};
  }
  const std::int64_t deadline_ms = now_ms() + options_.reply_ms;
  while (true) {
    const std::int64_t left_ms = deadline_ms - now_ms();
    if (left_ms <= 0) {
      return Error{
          ErrorCode::kIo, "enrolment", 0,
          server_.endpoint + ": no answer; it may be down, or have another key than configured"};
    }
    const Ready ready = wait(*socket_, stop_fd_, static_cast<int>(left_ms));
    if (ready.wake) {
      return stopped();
    }
    const std::optional<Received> received = socket_->receive();
    if (!received) {
      continue;
    }
    Result<Message> reply = decode_message(received->payload);
    if (!reply) {
      return reply.error();
    }
    if (reply->role == Role::kServer && reply->correlation == correlation) {
      return std::move(reply->body);
    }
  }
}

// What every reply but a CREDENTIAL means.
Result<EnrolmentClient::Step> EnrolmentClient::ended(const MessageBody& reply) const {
  if (const auto* enrolled = std::get_if<EnrolledMessage>(&reply)) {
    return Step(outcome_of(*enrolled));
  }
  if (const auto* busy = std::get_if<BusyMessage>(&reply)) {
    return Step(Again{busy->retry_after_ms,
                      {ErrorCode::kBusy, "enrolment", 0, server_.endpoint + ": busy"}});
  }
  if (const auto* error = std::get_if<ErrorMessage>(&reply)) {
    Error reason{error->code, "enrolment", 0, escaped(error->message)};
    const bool may_pass = error->code == ErrorCode::kExpired ||
                          error->code == ErrorCode::kInternal || error->code == ErrorCode::kBusy;
    return may_pass ? Step(Again{kPauseMinMs, std::move(reason)})
                    : Step(EnrolmentOutcome(EnrolmentRefused{reason.detail}));
  }
  return Error{ErrorCode::kUnsupported, "enrolment", 0, "a reply of another kind"};
}

// False if we are to stop.
bool EnrolmentClient::pause(std::uint32_t ms) const {
  pollfd stop{stop_fd_, POLLIN, 0};
  return ::poll(&stop, 1, static_cast<int>(std::clamp(ms, kPauseMinMs, kPauseMaxMs))) == 0;
}

}  // namespace quotemill::transport
