#include "transport/wire/control_codec.h"

#include <cassert>
#include <limits>
#include <utility>

#include "control.pb.h"
#include "engine/base/limits.h"

namespace quotemill::transport {
namespace {

// Longest text for people in a message; what is longer was not written by us.
constexpr std::size_t kTextSizeMax = 1024;
constexpr std::size_t kHmacSize = 32;

Error malformed(const char* context) {
  return {ErrorCode::kMalformed, context, 0, {}};
}

Error too_large(const char* context) {
  return {ErrorCode::kTooLarge, context, 0, {}};
}

ByteView view_of(const std::string& bytes) {
  return as_bytes(bytes);
}

Bytes bytes_of(const std::string& bytes) {
  return to_bytes(as_bytes(bytes));
}

std::string string_of(ByteView bytes) {
  return std::string(as_text(bytes));
}

template <std::size_t N>
bool read_array(const std::string& from, std::array<std::uint8_t, N>& to) {
  if (from.size() != N) {
    return false;
  }
  const ByteView view = view_of(from);
  std::copy(view.begin(), view.end(), to.begin());
  return true;
}

// --- Error reasons -----------------------------------------------------------------------------

pb::Reason reason_of(ErrorCode code) {
  switch (code) {
    case ErrorCode::kTruncated:
    case ErrorCode::kTrailing:
    case ErrorCode::kMalformed:
      return pb::REASON_MALFORMED;
    case ErrorCode::kUnsupported:
      return pb::REASON_UNSUPPORTED;
    case ErrorCode::kTooLarge:
      return pb::REASON_TOO_LARGE;
    case ErrorCode::kDenied:
      return pb::REASON_DENIED;
    case ErrorCode::kExpired:
      return pb::REASON_EXPIRED;
    case ErrorCode::kMismatch:
      return pb::REASON_MISMATCH;
    case ErrorCode::kConflict:
      return pb::REASON_CONFLICT;
    case ErrorCode::kNotFound:
      return pb::REASON_NOT_FOUND;
    case ErrorCode::kBusy:
      return pb::REASON_BUSY;
    case ErrorCode::kStorage:
    case ErrorCode::kIo:
    case ErrorCode::kConfig:
    case ErrorCode::kCrypto:
    case ErrorCode::kTpm:
    case ErrorCode::kInternal:
      return pb::REASON_INTERNAL;
  }
  return pb::REASON_INTERNAL;
}

ErrorCode code_of(pb::Reason reason) {
  switch (reason) {
    case pb::REASON_MALFORMED:
      return ErrorCode::kMalformed;
    case pb::REASON_UNSUPPORTED:
      return ErrorCode::kUnsupported;
    case pb::REASON_TOO_LARGE:
      return ErrorCode::kTooLarge;
    case pb::REASON_DENIED:
      return ErrorCode::kDenied;
    case pb::REASON_EXPIRED:
      return ErrorCode::kExpired;
    case pb::REASON_MISMATCH:
      return ErrorCode::kMismatch;
    case pb::REASON_CONFLICT:
      return ErrorCode::kConflict;
    case pb::REASON_NOT_FOUND:
      return ErrorCode::kNotFound;
    case pb::REASON_BUSY:
      return ErrorCode::kBusy;
    default:  // one of a later version, too
      return ErrorCode::kInternal;
  }
}

// --- Value to body -----------------------------------------------------------------------------

pb::Challenge to_pb(const ChallengeMessage& message) {
  pb::Challenge out;
  out.set_nonce(string_of(message.nonce));
  out.set_sequence(message.sequence);
  out.set_valid_ms(message.valid_ms);
  for (const PcrSelection& selection : message.selections) {
    pb::PcrSelection* entry = out.add_selections();
    entry->set_bank(static_cast<std::uint32_t>(selection.bank));
    entry->set_mask(selection.mask);
  }
  return out;
}

pb::Enrol to_pb(const EnrolMessage& message) {
  pb::Enrol out;
  out.set_name(message.name);
  out.set_ek_certificate(string_of(message.ek_certificate));
  out.set_ek_public(string_of(message.ek_public));
  out.set_ak_public(string_of(message.ak_public));
  out.set_token(message.token);
  return out;
}

pb::Credential to_pb(const CredentialMessage& message) {
  pb::Credential out;
  out.set_id_object(string_of(message.id_object));
  out.set_encrypted_secret(string_of(message.encrypted_secret));
  out.set_server_key(string_of(message.server_key));
  out.set_valid_ms(message.valid_ms);
  return out;
}

pb::Proof to_pb(const ProofMessage& message) {
  pb::Proof out;
  out.set_hmac(string_of(message.hmac));
  out.set_attest(string_of(message.attest));
  out.set_signature(string_of(message.signature));
  return out;
}

pb::Enrolled to_pb(const EnrolledMessage& message) {
  pb::Enrolled out;
  out.set_status(static_cast<pb::EnrolStatus>(message.status));
  if (message.status != EnrolStatus::kDenied) {
    out.set_uid(string_of(message.uid.bytes));
  }
  out.set_generation(message.generation);
  out.set_attest_endpoint(message.attest_endpoint);
  if (message.server_key) {
    out.set_server_key(string_of(*message.server_key));
  }
  out.set_retry_after_ms(message.retry_after_ms);
  out.set_message(message.message.substr(0, kTextSizeMax));
  return out;
}

pb::Hello to_pb(const HelloMessage& message) {
  pb::Hello out;
  out.set_uid(string_of(message.uid.bytes));
  out.set_generation(message.generation);
  out.set_boot_id(string_of(message.boot_id));
  out.set_last_receipt(message.last_receipt);
  out.set_agent(message.agent);
  return out;
}

pb::Need to_pb(const NeedMessage& message) {
  pb::Need out;
  out.set_sequence(message.sequence);
  out.set_kind(static_cast<pb::LogKind>(message.kind));
  out.set_max_bytes(message.max_bytes);
  out.set_from(message.from);
  return out;
}

pb::Logs to_pb(const LogsMessage& message) {
  assert(message.segment.size() <= limits::kLogSegmentSizeMax);
  pb::Logs out;
  out.set_sequence(message.sequence);
  out.set_kind(static_cast<pb::LogKind>(message.kind));
  out.set_total_bytes(message.total_bytes);
  out.set_offset(message.offset);
  out.set_segment(string_of(message.segment));
  out.set_proof(string_of(message.proof));
  return out;
}

pb::Busy to_pb(const BusyMessage& message) {
  pb::Busy out;
  out.set_retry_after_ms(message.retry_after_ms);
  return out;
}

pb::Error to_pb(const ErrorMessage& message) {
  pb::Error out;
  out.set_reason(reason_of(message.code));
  out.set_message(message.message.substr(0, kTextSizeMax));
  if (message.challenge) {
    *out.mutable_challenge() = to_pb(*message.challenge);
  }
  return out;
}

// --- Body to value -----------------------------------------------------------------------------

Result<ChallengeMessage> from_pb(const pb::Challenge& in) {
  ChallengeMessage out;
  if (!read_array(in.nonce(), out.nonce)) {
    return malformed("challenge.nonce");
  }
  if (in.selections_size() == 0 ||
      in.selections_size() > static_cast<int>(limits::kPcrSelectionsMax)) {
    return malformed("challenge.selections");
  }
  for (const pb::PcrSelection& selection : in.selections()) {
    const auto bank = selection.bank() <= std::numeric_limits<std::uint16_t>::max()
                          ? hash_algorithm(static_cast<std::uint16_t>(selection.bank()))
                          : std::nullopt;
    if (!bank) {
      return Error{ErrorCode::kUnsupported, "challenge.bank", 0, {}};
    }
    if (selection.mask() == 0 || selection.mask() >> limits::kPcrCount != 0) {
      return malformed("challenge.mask");
    }
    out.selections.push_back({*bank, selection.mask()});
  }
  out.sequence = in.sequence();
  out.valid_ms = in.valid_ms();
  return out;
}

Result<EnrolMessage> from_pb(const pb::Enrol& in) {
  if (in.name().size() > limits::kHostNameSizeMax) {
    return too_large("enrol.name");
  }
  if (in.ek_certificate().size() > limits::kCertificateSizeMax) {
    return too_large("enrol.ek_certificate");
  }
  if (in.ek_public().size() > limits::kPublicSizeMax) {
    return too_large("enrol.ek_public");
  }
  if (in.ak_public().size() > limits::kPublicSizeMax) {
    return too_large("enrol.ak_public");
  }
  if (in.token().size() > limits::kTokenSizeMax) {
    return too_large("enrol.token");
  }
  return EnrolMessage{in.name(), bytes_of(in.ek_certificate()), bytes_of(in.ek_public()),
                      bytes_of(in.ak_public()), in.token()};
}

Result<CredentialMessage> from_pb(const pb::Credential& in) {
  if (in.id_object().size() > limits::kCredentialSizeMax) {
    return too_large("credential.id_object");
  }
  if (in.encrypted_secret().size() > limits::kCredentialSizeMax) {
    return too_large("credential.encrypted_secret");
  }
  CredentialMessage out{
      bytes_of(in.id_object()), bytes_of(in.encrypted_secret()), {}, in.valid_ms()};
  if (!read_array(in.server_key(), out.server_key)) {
    return malformed("credential.server_key");
  }
  return out;
}

Result<ProofMessage> from_pb(const pb::Proof& in) {
  if (in.hmac().size() != kHmacSize) {
    return malformed("proof.hmac");
  }
  if (in.attest().size() > limits::kAttestSizeMax) {
    return too_large("proof.attest");
  }
  if (in.signature().size() > limits::kSignatureSizeMax) {
    return too_large("proof.signature");
  }
  return ProofMessage{bytes_of(in.hmac()), bytes_of(in.attest()), bytes_of(in.signature())};
}

Result<EnrolledMessage> from_pb(const pb::Enrolled& in) {
  EnrolledMessage out;
  switch (in.status()) {
    case pb::ENROL_STATUS_ADMITTED:
      out.status = EnrolStatus::kAdmitted;
      break;
    case pb::ENROL_STATUS_PENDING:
      out.status = EnrolStatus::kPending;
      break;
    case pb::ENROL_STATUS_DENIED:
      out.status = EnrolStatus::kDenied;
      break;
    default:
      return malformed("enrolled.status");
  }
  if (out.status != EnrolStatus::kDenied && !read_array(in.uid(), out.uid.bytes)) {
    return malformed("enrolled.uid");
  }
  if (!in.server_key().empty() && !read_array(in.server_key(), out.server_key.emplace())) {
    return malformed("enrolled.server_key");
  }
  if (in.attest_endpoint().size() > kTextSizeMax || in.message().size() > kTextSizeMax) {
    return too_large("enrolled.text");
  }
  out.generation = in.generation();
  out.attest_endpoint = in.attest_endpoint();
  out.retry_after_ms = in.retry_after_ms();
  out.message = in.message();
  return out;
}

Result<HelloMessage> from_pb(const pb::Hello& in) {
  HelloMessage out;
  if (!read_array(in.uid(), out.uid.bytes)) {
    return malformed("hello.uid");
  }
  if (!read_array(in.boot_id(), out.boot_id)) {
    return malformed("hello.boot_id");
  }
  if (in.agent().size() > limits::kFactSizeMax) {
    return too_large("hello.agent");
  }
  out.generation = in.generation();
  out.last_receipt = in.last_receipt();
  out.agent = in.agent();
  return out;
}

std::optional<LogKind> log_kind(pb::LogKind kind) {
  switch (kind) {
    case pb::LOG_KIND_BOOT:
      return LogKind::kBoot;
    case pb::LOG_KIND_RUNTIME:
      return LogKind::kRuntime;
    default:
      return std::nullopt;
  }
}

Result<NeedMessage> from_pb(const pb::Need& in) {
  const std::optional<LogKind> kind = log_kind(in.kind());
  if (!kind) {
    return Error{ErrorCode::kUnsupported, "need.kind", 0, {}};
  }
  return NeedMessage{in.sequence(), *kind, in.max_bytes(), in.from()};
}

Result<LogsMessage> from_pb(const pb::Logs& in) {
  const std::optional<LogKind> kind = log_kind(in.kind());
  if (!kind) {
    return Error{ErrorCode::kUnsupported, "logs.kind", 0, {}};
  }
  if (in.total_bytes() > log_size_max(*kind)) {
    return too_large("logs.total_bytes");
  }
  if (in.segment().size() > limits::kLogSegmentSizeMax) {
    return too_large("logs.segment");
  }
  if (in.offset() > in.total_bytes() || in.segment().size() > in.total_bytes() - in.offset()) {
    return malformed("logs.offset");
  }
  if (!in.proof().empty() && in.proof().size() != kHmacSize) {
    return malformed("logs.proof");
  }
  return LogsMessage{in.sequence(),          *kind,
                     in.total_bytes(),       in.offset(),
                     bytes_of(in.segment()), bytes_of(in.proof())};
}

Result<BusyMessage> from_pb(const pb::Busy& in) {
  return BusyMessage{in.retry_after_ms()};
}

Result<ErrorMessage> from_pb(const pb::Error& in) {
  if (in.message().size() > kTextSizeMax) {
    return too_large("error.message");
  }
  ErrorMessage out{code_of(in.reason()), in.message(), {}};
  if (in.has_challenge()) {
    Result<ChallengeMessage> challenge = from_pb(in.challenge());
    if (!challenge) {
      return challenge.error();
    }
    out.challenge = *std::move(challenge);
  }
  return out;
}

template <class Pb>
Result<MessageBody> decode_as(ByteView body, const char* context) {
  // Bounded by limits::kMessageSizeMax, so the size fits an int.
  Pb parsed;
  if (!parsed.ParseFromArray(body.data(), static_cast<int>(body.size()))) {
    return malformed(context);
  }
  auto value = from_pb(parsed);
  if (!value) {
    return value.error();
  }
  return MessageBody(*std::move(value));
}

struct Encoder {
  template <class T>
  std::string operator()(const T& message) const {
    return to_pb(message).SerializeAsString();
  }

  std::string operator()(const EvidenceMessage&) const { return unreachable(); }

  std::string operator()(const ReceiptMessage&) const { return unreachable(); }

  static std::string unreachable() {
    assert(!"a kind of fixed layout");
    return {};
  }
};

}  // namespace

std::string encode_control(const MessageBody& body) {
  return std::visit(Encoder{}, body);
}

Result<MessageBody> decode_control(Kind kind, ByteView body) {
  switch (kind) {
    case Kind::kEnrol:
      return decode_as<pb::Enrol>(body, "enrol");
    case Kind::kCredential:
      return decode_as<pb::Credential>(body, "credential");
    case Kind::kProof:
      return decode_as<pb::Proof>(body, "proof");
    case Kind::kEnrolled:
      return decode_as<pb::Enrolled>(body, "enrolled");
    case Kind::kHello:
      return decode_as<pb::Hello>(body, "hello");
    case Kind::kChallenge:
      return decode_as<pb::Challenge>(body, "challenge");
    case Kind::kNeed:
      return decode_as<pb::Need>(body, "need");
    case Kind::kLogs:
      return decode_as<pb::Logs>(body, "logs");
    case Kind::kBusy:
      return decode_as<pb::Busy>(body, "busy");
    case Kind::kError:
      return decode_as<pb::Error>(body, "error");
    case Kind::kEvidence:
    case Kind::kReceipt:
    case Kind::kCarry:
      break;
  }
  return Error{ErrorCode::kInternal, "control kind", 0, {}};
}

std::string_view name_of(EnrolStatus status) {
  switch (status) {
    case EnrolStatus::kAdmitted:
      return "admitted";
    case EnrolStatus::kPending:
      return "pending";
    case EnrolStatus::kDenied:
      return "denied";
  }
  return "?";
}

}  // namespace quotemill::transport
