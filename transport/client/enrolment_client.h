// EnrolmentClient: the host's side of enrolment, ENROL -> CREDENTIAL -> PROOF -> ENROLLED, over a
// CURVE DEALER to the enrolment endpoint of one server.
//
// Knows nothing of TPMs: what a TPM must do comes in as two functions. Not for sharing between
// threads.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <variant>

#include "engine/base/result.h"
#include "transport/client/attestation_client.h"
#include "transport/socket/context.h"
#include "transport/socket/curve.h"
#include "transport/socket/socket.h"
#include "transport/wire/message.h"

namespace quotemill::transport {

struct EnrolmentQuote {
  Bytes attest;     // TPMS_ATTEST
  Bytes signature;  // TPMT_SIGNATURE
};

// What this host's TPM does for an enrolment. Each may take seconds.
struct EnrolmentTpm {
  // TPM2_ActivateCredential with the EK and the AK of the request; TPM2B_ID_OBJECT and
  // TPM2B_ENCRYPTED_SECRET with their lengths.
  std::function<Result<Bytes>(ByteView id_object, ByteView encrypted_secret)> activate;
  // TPM2_Quote by the AK over any PCRs.
  std::function<Result<EnrolmentQuote>(ByteView qualifying_data)> quote;
};

// This key may attest from now on.
struct EnrolmentActive {
  HostUid uid;
  std::uint32_t generation = 0;
  std::string attest_endpoint;         // empty: as configured
  std::optional<CurveKey> attest_key;  // none: as configured
};

// Proven; an operator must admit it. Run again after the time.
struct EnrolmentPending {
  HostUid uid;
  std::uint32_t retry_after_ms = 0;
  std::string why;  // escaped
};

// Trying again changes nothing until something else does.
struct EnrolmentRefused {
  std::string why;  // escaped
};

using EnrolmentOutcome = std::variant<EnrolmentActive, EnrolmentPending, EnrolmentRefused>;

struct EnrolmentClientOptions {
  int reply_ms = 15'000;  // for each answer; the server may have to wait for a disk
  int attempts = 5;       // conversations begun, if the server is busy or one comes to nothing
};

class EnrolmentClient {
 public:
  // `context` outlives it. `keys` are the host's own: they are what is enrolled.
  EnrolmentClient(Context& context, const CurveKeyPair& keys, ServerAddress server,
                  EnrolmentClientOptions options = {});

  // Connects, runs the conversation, disconnects. Blocks up to attempts × (two replies, the TPM,
  // and what the server asks to wait), less if `stop_fd` (an eventfd; -1: none) can be read:
  // kExpired then. Other Errors: kIo if no answer comes (a wrong server key looks like that, too),
  // kBusy, kMismatch if the server's key in CREDENTIAL is not the one we know, those of the TPM's
  // functions.
  Result<EnrolmentOutcome> run(const EnrolMessage& request, const EnrolmentTpm& tpm,
                               int stop_fd = -1);

 private:
  // A conversation that came to nothing, and how long to wait before the next one.
  struct Again {
    std::uint32_t after_ms = 0;
    Error reason;
  };

  using Step = std::variant<EnrolmentOutcome, Again>;

  Result<void> connect();
  Result<Step> converse(const EnrolMessage& request, const EnrolmentTpm& tpm);
  Result<ProofMessage> prove(const CredentialMessage& credential, const EnrolMessage& request,
                             const EnrolmentTpm& tpm) const;
  Result<MessageBody> exchange(const MessageBody& message);
  Result<Step> ended(const MessageBody& reply) const;
  [[nodiscard]] bool pause(std::uint32_t ms) const;

  Context& context_;
  const CurveKeyPair keys_;
  const ServerAddress server_;
  const EnrolmentClientOptions options_;
  std::optional<Socket> socket_;
  std::uint64_t correlation_ = 0;
  int stop_fd_ = -1;
};

}  // namespace quotemill::transport
