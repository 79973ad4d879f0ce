// Protocol Buffers messages to values, within their bounds.
#include <algorithm>
#include <array>
#include <limits>
#include <optional>
#include <string>
#include <utility>

#include "engine/base/limits.h"
#include "transport/wire/control_bodies.h"
#include "transport/wire/limits.h"

namespace quotemill::transport {
namespace {

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

template <std::size_t N>
bool read_array(const std::string& from, std::array<std::uint8_t, N>& to) {
  if (from.size() != N) {
    return false;
  }
  const ByteView view = view_of(from);
  std::copy(view.begin(), view.end(), to.begin());
  return true;
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

}  // namespace

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
  if (in.attest_endpoint().size() > limits::kControlTextSizeMax ||
      in.message().size() > limits::kControlTextSizeMax) {
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
  if (in.message().size() > limits::kControlTextSizeMax) {
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

}  // namespace quotemill::transport
