// EnrolmentService: the server's side of enrolment, from typed message to typed reply.
//
//   ENROL -> begin_enrolment() -> CREDENTIAL      kept open, 60 s, one per client key
//   PROOF -> finish_enrolment() -> decide_admission() on the commit thread -> ENROLLED
//
// No sockets and no clock: time is an argument, replies are values. Nothing that is stored changes
// before PROOF holds; what changes is decided on the commit thread (Registrar), so that two hosts
// cannot get one name, nor two a token's last use.
//
// Shared: any thread may call anything. Cryptography runs outside of the lock.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>

#include "engine/base/time.h"
#include "engine/identity/admission.h"
#include "engine/identity/ek_claims.h"
#include "engine/identity/ek_list.h"
#include "engine/identity/enrolment.h"
#include "engine/pipeline/registrar.h"
#include "transport/socket/rate_limiter.h"
#include "transport/wire/message.h"

namespace quotemill::transport {

// What the operator's files say; replaced as a whole when they are read again.
struct AdmissionInputs {
  TrustedRoots roots{{}};
  EkList eks;
};

struct EnrolmentServiceConfig {
  CurveKey server_key{};                    // of the enrolment endpoint: it is in the transcript
  std::string attest_endpoint = {};         // told to admitted hosts; empty: as they are configured
  std::optional<CurveKey> attest_key = {};  // of that endpoint
  std::int64_t pending_lifetime_ms = kPendingLifetimeMs;
  std::uint32_t pending_retry_ms = 60'000;
  std::uint32_t busy_retry_ms = 2'000;
  Rate enrols{0.2, 6};  // ENROLs per client key; an honest one sends one or two
};

// One line for the audit log. Every text in it is escaped or of our own making.
struct EnrolmentAudit {
  std::string outcome;  // "admitted", "renewed", "pending", "refused", …
  std::string name;
  std::string ek_sha256;
  std::string host_uid;  // hexadecimal; empty if refused
  std::uint32_t generation = 0;
  std::string detail;      // the rule, the note, or the refusal
  std::string cause = {};  // of a refusal: its error's code, one of few
  // Of a refusal, if the catalogue has it (verdict/enrolment_messages.h): why, what to do, and what
  // vSphere says.
  std::string why = {};
  std::string remedy = {};
  std::string vsphere = {};
};

struct EnrolmentCounters {
  std::atomic<std::uint64_t> begun{0};
  std::atomic<std::uint64_t> admitted{0};  // or renewed, renamed, unchanged
  std::atomic<std::uint64_t> pending{0};
  std::atomic<std::uint64_t> refused{0};
  std::atomic<std::uint64_t> busy{0};
};

class EnrolmentService {
 public:
  // `audit` is called for every decision, from the thread of handle(); it may be empty.
  EnrolmentService(Registrar& registrar, EnrolmentServiceConfig config,
                   std::function<void(const EnrolmentAudit&)> audit);

  // From the next message on. REQUIRES: not null
  void use(std::shared_ptr<const AdmissionInputs> inputs);

  // The reply to `message` of the client with this CURVE key. ENROL costs about a millisecond of
  // cryptography; PROOF blocks until the admission is durable.
  //   refused by a rule          ENROLLED, status denied, with the reason
  //   a resource is full         BUSY
  //   no (or an expired) ENROL   ERROR expired: begin again
  //   another kind of message    ERROR
  MessageBody handle(const CurveKey& client, const MessageBody& message, Moment now);

  // Removes pending hosts whose time is over. For the daemon, every few minutes.
  Result<void> forget_expired_hosts();

  // Conversations between CREDENTIAL and PROOF; at most limits::kEnrolmentsOpenMax.
  [[nodiscard]] std::size_t open() const;

  [[nodiscard]] const EnrolmentCounters& counters() const { return counters_; }

 private:
  struct KeyHash {
    std::size_t operator()(const CurveKey& key) const noexcept;
  };

  // Every answer has a type of its own; these are the two conversations' halves.
  Result<MessageBody> begin(const CurveKey& client, const EnrolMessage& message, Moment now);
  Result<MessageBody> finish(const CurveKey& client, const ProofMessage& message, Moment now);
  Result<void> may_begin(const CurveKey& client, Moment now);
  Result<void> keep_open(const CurveKey& client, OpenEnrolment open, Moment now);
  std::optional<OpenEnrolment> take_open(const CurveKey& client);
  Result<Admission> admit(const ProvenIdentity& identity);
  MessageBody enrolled(const Admission& admission);
  MessageBody refused(const Error& error);
  void report(const EnrolmentAudit& audit) const;

  Registrar& registrar_;
  const EnrolmentServiceConfig config_;
  const std::function<void(const EnrolmentAudit&)> audit_;
  EnrolmentCounters counters_;

  mutable std::mutex mutex_;
  std::shared_ptr<const AdmissionInputs> inputs_;
  std::shared_ptr<const EnrolmentRules> rules_;  // made of inputs_
  std::unordered_map<CurveKey, OpenEnrolment, KeyHash> open_;
  RateLimiter enrols_;
  EkClaims claims_;  // of the commit thread
};

}  // namespace quotemill::transport
