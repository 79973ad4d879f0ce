// Messages: what the wire carries, as typed values, and their one-frame encoding. The types of
// Protocol Buffers stay inside this folder.
//
// Every value that decode_message() returns is within limits.h and owns its bytes; that is all that
// was checked. encode_message() asserts the same bounds. Pure; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "engine/base/bytes.h"
#include "engine/base/result.h"
#include "engine/evidence/challenge.h"
#include "engine/evidence/host_uid.h"
#include "engine/tpm/pcr.h"
#include "transport/wire/envelope.h"

namespace quotemill::transport {

// --- Enrolment endpoint ------------------------------------------------------------------------

struct EnrolMessage {
  std::string name;
  Bytes ek_certificate;  // DER; empty if the TPM has none
  Bytes ek_public;       // TPM2B_PUBLIC or TPMT_PUBLIC
  Bytes ak_public;
  std::string token;  // empty if there is none

  friend bool operator==(const EnrolMessage&, const EnrolMessage&) = default;
};

struct CredentialMessage {
  Bytes id_object;         // TPM2B_ID_OBJECT
  Bytes encrypted_secret;  // TPM2B_ENCRYPTED_SECRET
  CurveKey server_key{};   // of the enrolment endpoint
  std::uint32_t valid_ms = 0;

  friend bool operator==(const CredentialMessage&, const CredentialMessage&) = default;
};

struct ProofMessage {
  Bytes hmac;
  Bytes attest;     // TPMS_ATTEST
  Bytes signature;  // TPMT_SIGNATURE

  friend bool operator==(const ProofMessage&, const ProofMessage&) = default;
};

// The numbers are on the wire.
enum class EnrolStatus : std::uint8_t { kAdmitted = 1, kPending = 2, kDenied = 3 };

std::string_view name_of(EnrolStatus status);  // "admitted", …

struct EnrolledMessage {
  EnrolStatus status = EnrolStatus::kDenied;
  HostUid uid;  // zeros if denied
  std::uint32_t generation = 0;
  std::string attest_endpoint;         // empty: as configured
  std::optional<CurveKey> server_key;  // of the attestation endpoint; none: as configured
  std::uint32_t retry_after_ms = 0;    // pending
  std::string message;

  friend bool operator==(const EnrolledMessage&, const EnrolledMessage&) = default;
};

// --- Attestation endpoint ----------------------------------------------------------------------

struct HelloMessage {
  HostUid uid;
  std::uint32_t generation = 0;
  BootId boot_id{};
  std::uint64_t last_receipt = 0;  // 0 if there is none
  std::string agent;               // host-supplied: escape before printing

  friend bool operator==(const HelloMessage&, const HelloMessage&) = default;
};

struct ChallengeMessage {
  Nonce nonce{};
  std::uint64_t sequence = 0;
  std::vector<PcrSelection> selections;  // at least one
  std::uint32_t valid_ms = 0;            // from when it is received

  friend bool operator==(const ChallengeMessage&, const ChallengeMessage&) = default;
};

// Items as encode_evidence() writes them (engine/evidence/evidence_codec.h), not looked into here.
struct EvidenceMessage {
  std::vector<Bytes> items;  // 1 to limits::kItemsPerMessageMax

  friend bool operator==(const EvidenceMessage&, const EvidenceMessage&) = default;
};

// The number is on the wire.
enum class LogKind : std::uint8_t {
  kBoot = 1,
  kRuntime = 2,  // the IMA list, binary
};

// How many bytes of it may travel for one quote.
constexpr std::uint64_t log_size_max(LogKind kind) {
  return kind == LogKind::kBoot ? limits::kBootLogSizeMax : limits::kRuntimePieceSizeMax;
}

struct NeedMessage {
  std::uint64_t sequence = 0;
  LogKind kind = LogKind::kBoot;
  std::uint64_t max_bytes = 0;
  std::uint64_t from = 0;  // kRuntime: the byte of the list to begin with

  friend bool operator==(const NeedMessage&, const NeedMessage&) = default;
};

// offset + segment.size() <= total_bytes holds. Both count from where NEED said to begin.
struct LogsMessage {
  std::uint64_t sequence = 0;
  LogKind kind = LogKind::kBoot;
  std::uint64_t total_bytes = 0;  // at most log_size_max()
  std::uint64_t offset = 0;
  Bytes segment;     // at most limits::kLogSegmentSizeMax
  Bytes proof = {};  // log_proof() (log_proof.h), 32 bytes; empty: none

  friend bool operator==(const LogsMessage&, const LogsMessage&) = default;
};

// As encode_receipt() writes it (engine/evidence/receipt.h), not looked into here.
struct ReceiptMessage {
  Bytes receipt;

  friend bool operator==(const ReceiptMessage&, const ReceiptMessage&) = default;
};

struct BusyMessage {
  std::uint32_t retry_after_ms = 0;

  friend bool operator==(const BusyMessage&, const BusyMessage&) = default;
};

// ERROR: could not be judged; no state changed.
struct ErrorMessage {
  ErrorCode code = ErrorCode::kInternal;
  std::string message;                        // for people; escape before printing
  std::optional<ChallengeMessage> challenge;  // kExpired: answer this one instead

  friend bool operator==(const ErrorMessage&, const ErrorMessage&) = default;
};

// --- Whole messages ----------------------------------------------------------------------------

using MessageBody = std::variant<EnrolMessage, CredentialMessage, ProofMessage, EnrolledMessage,
                                 HelloMessage, ChallengeMessage, EvidenceMessage, NeedMessage,
                                 LogsMessage, ReceiptMessage, BusyMessage, ErrorMessage>;

struct Message {
  Role role = Role::kServer;  // of the sender
  std::uint64_t correlation = 0;
  MessageBody body;
};

Kind kind_of(const MessageBody& body);

// One frame.
Bytes encode_message(const Message& message);

// The reply of a server.
Bytes encode_reply(std::uint64_t correlation, MessageBody body);

// The context of an Error names the field ("envelope.version", "hello.uid").
Result<Message> decode_message(ByteView frame);

// The correlation of a frame that may be otherwise wrong, for the ERROR that answers it; 0 if there
// is none.
std::uint64_t correlation_of(ByteView frame);

}  // namespace quotemill::transport
