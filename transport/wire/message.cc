#include "transport/wire/message.h"

#include <cassert>
#include <utility>

#include "engine/base/byte_reader.h"
#include "engine/base/byte_writer.h"
#include "engine/base/limits.h"
#include "transport/wire/control_codec.h"

namespace quotemill::transport {
namespace {

constexpr std::size_t kCorrelationOffset = 20;

// EVIDENCE: per item u32 size, then the item.
Bytes encode_items(const EvidenceMessage& message) {
  assert(!message.items.empty() && message.items.size() <= limits::kItemsPerMessageMax);
  ByteWriter out;
  for (const Bytes& item : message.items) {
    out.sized32_le(item);
  }
  return out.take();
}

Result<MessageBody> decode_items(std::uint16_t count, ByteView body) {
  if (count == 0) {
    return Error{ErrorCode::kMalformed, "evidence.items", 0, {}};
  }
  ByteReader in(body);
  EvidenceMessage message;
  for (std::uint16_t i = 0; i < count && in.ok(); ++i) {
    message.items.push_back(to_bytes(in.sized32_le(body.size())));
  }
  return in.finish(MessageBody(std::move(message)), "evidence");
}

Result<MessageBody> decode_body(const OpenedFrame& frame) {
  switch (frame.envelope.kind) {
    case Kind::kEvidence:
      return decode_items(frame.envelope.items, frame.body);
    case Kind::kReceipt:
      return MessageBody(ReceiptMessage{to_bytes(frame.body)});
    case Kind::kEnrol:
    case Kind::kCredential:
    case Kind::kProof:
    case Kind::kEnrolled:
    case Kind::kHello:
    case Kind::kChallenge:
    case Kind::kNeed:
    case Kind::kLogs:
    case Kind::kBusy:
    case Kind::kError:
      return decode_control(frame.envelope.kind, frame.body);
    case Kind::kCarry:  // of messages, not one: carry.h
      break;
  }
  return Error{ErrorCode::kUnsupported, "envelope.kind", 0, {}};
}

struct KindOf {
  Kind operator()(const EnrolMessage&) const { return Kind::kEnrol; }

  Kind operator()(const CredentialMessage&) const { return Kind::kCredential; }

  Kind operator()(const ProofMessage&) const { return Kind::kProof; }

  Kind operator()(const EnrolledMessage&) const { return Kind::kEnrolled; }

  Kind operator()(const HelloMessage&) const { return Kind::kHello; }

  Kind operator()(const ChallengeMessage&) const { return Kind::kChallenge; }

  Kind operator()(const EvidenceMessage&) const { return Kind::kEvidence; }

  Kind operator()(const NeedMessage&) const { return Kind::kNeed; }

  Kind operator()(const LogsMessage&) const { return Kind::kLogs; }

  Kind operator()(const ReceiptMessage&) const { return Kind::kReceipt; }

  Kind operator()(const BusyMessage&) const { return Kind::kBusy; }

  Kind operator()(const ErrorMessage&) const { return Kind::kError; }
};

}  // namespace

Kind kind_of(const MessageBody& body) {
  return std::visit(KindOf{}, body);
}

Bytes encode_message(const Message& message) {
  Envelope envelope;
  envelope.kind = kind_of(message.body);
  envelope.role = message.role;
  envelope.correlation = message.correlation;
  if (const auto* evidence = std::get_if<EvidenceMessage>(&message.body)) {
    envelope.items = static_cast<std::uint16_t>(evidence->items.size());
    return seal_frame(envelope, encode_items(*evidence));
  }
  if (const auto* receipt = std::get_if<ReceiptMessage>(&message.body)) {
    return seal_frame(envelope, receipt->receipt);
  }
  return seal_frame(envelope, as_bytes(encode_control(message.body)));
}

Bytes encode_reply(std::uint64_t correlation, MessageBody body) {
  return encode_message({Role::kServer, correlation, std::move(body)});
}

Result<Message> decode_message(ByteView frame) {
  const Result<OpenedFrame> opened = open_frame(frame);
  if (!opened) {
    return opened.error();
  }
  Result<MessageBody> body = decode_body(*opened);
  if (!body) {
    return body.error();
  }
  return Message{opened->envelope.role, opened->envelope.correlation, *std::move(body)};
}

std::uint64_t correlation_of(ByteView frame) {
  ByteReader in(frame);
  in.bytes(kCorrelationOffset);
  const std::uint64_t correlation = in.u64_le();
  return in.ok() ? correlation : 0;
}

}  // namespace quotemill::transport
