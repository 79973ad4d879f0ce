// Agent: how it enrols.
#include <algorithm>
#include <utility>
#include <variant>

#include "transport/agent/agent.h"
#include "transport/agent/boot_clock.h"
#include "transport/client/enrolment_client.h"

namespace quotemill::agent {

// Asks the enrolment endpoints, one after another, until one of them knows what we are.
void Agent::enrol(int stop_fd) {
  const Result<transport::EnrolMessage> request = enrol_request();
  if (!request) {
    on_tpm_failure(request.error());
    sleep(wake_ms_ - boot_ms(), stop_fd);
    return;
  }
  const transport::EnrolmentTpm tpm{
      [this](ByteView id_object, ByteView encrypted_secret) {
        return attestor_->activate(id_object, encrypted_secret);
      },
      [this](ByteView qualifying_data) -> Result<transport::EnrolmentQuote> {
        Result<TpmQuote> quote = attestor_->quote(qualifying_data);
        if (!quote) {
          return quote.error();
        }
        return transport::EnrolmentQuote{std::move(quote->attest), std::move(quote->signature)};
      }};
  const transport::ServerAddress& server = options_.enrol[enrol_next_++ % options_.enrol.size()];
  const Result<transport::EnrolmentOutcome> outcome =
      transport::EnrolmentClient(context_, keys_, server).run(*request, tpm, stop_fd);
  std::int64_t pause_ms = backoff_.next_ms();
  if (!outcome) {
    say(AgentLogLevel::kWarn,
        "cannot enrol at " + server.endpoint + ": " + outcome.error().to_string());
    if (outcome.error().code == ErrorCode::kTpm) {
      attestor_.reset();
    }
    // Nobody said that it is not enrolled any more: whoever is silent at one door may open the
    // other first.
    state_.enrolment = std::exchange(doubted_, std::nullopt);
  } else if (const auto* active = std::get_if<transport::EnrolmentActive>(&*outcome)) {
    say(AgentLogLevel::kInfo,
        "enrolled as " + active->uid.hex() + ", generation " + std::to_string(active->generation));
    state_.enrolment = Enrolment{active->uid, active->generation, 0};
    doubted_.reset();
    save_state();
    backoff_.reset();
    return;
  } else if (const auto* pending = std::get_if<transport::EnrolmentPending>(&*outcome)) {
    say(AgentLogLevel::kInfo, "proven, and waiting for an operator: " + pending->why);
    doubted_.reset();
    pause_ms = std::min<std::int64_t>(pending->retry_after_ms, options_.backoff_max_ms);
  } else {
    say(AgentLogLevel::kWarn, "refused: " + std::get<transport::EnrolmentRefused>(*outcome).why);
    doubted_.reset();
  }
  sleep(pause_ms, stop_fd);
}

Result<transport::EnrolMessage> Agent::enrol_request() {
  Result<Bytes> certificate = attestor_->ek_certificate();
  if (!certificate) {
    return certificate.error();
  }
  Result<Bytes> ek = attestor_->ek_public();
  if (!ek) {
    return ek.error();
  }
  transport::EnrolMessage request;
  request.name = options_.name;
  request.ek_certificate = std::move(*certificate);
  request.ek_public = std::move(*ek);
  request.ak_public = attestor_->ak_public();
  request.token = options_.token;
  return request;
}

}  // namespace quotemill::agent
