// Values to Protocol Buffers messages.
#include <cassert>

#include "engine/base/limits.h"
#include "transport/wire/control_bodies.h"
#include "transport/wire/limits.h"

namespace quotemill::transport {
namespace {

std::string string_of(ByteView bytes) {
  return std::string(as_text(bytes));
}

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

}  // namespace

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
  out.set_message(message.message.substr(0, limits::kControlTextSizeMax));
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
  out.set_message(message.message.substr(0, limits::kControlTextSizeMax));
  if (message.challenge) {
    *out.mutable_challenge() = to_pb(*message.challenge);
  }
  return out;
}

}  // namespace quotemill::transport
