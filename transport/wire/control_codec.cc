#include "transport/wire/control_codec.h"

#include <cassert>
#include <utility>
#include <variant>

#include "transport/wire/control_bodies.h"

namespace quotemill::transport {
namespace {

template <class Pb>
Result<MessageBody> decode_as(ByteView body, const char* context) {
  // Bounded by limits::kMessageSizeMax, so the size fits an int.
  Pb parsed;
  if (!parsed.ParseFromArray(body.data(), static_cast<int>(body.size()))) {
    return Error{ErrorCode::kMalformed, context, 0, {}};
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
