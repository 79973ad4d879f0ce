#include "transport/wire/envelope.h"

#include <algorithm>
#include <array>
#include <cassert>

#include "engine/base/byte_reader.h"
#include "engine/base/byte_writer.h"
#include "engine/base/limits.h"

namespace quotemill::transport {
namespace {

constexpr std::array<std::uint8_t, 4> kMagic = {'Q', 'M', 'I', 'L'};

std::optional<Role> role_of(std::uint8_t number) {
  switch (number) {
    case 0:
      return Role::kServer;
    case 1:
      return Role::kHost;
    case 2:
      return Role::kGateway;
    default:
      return std::nullopt;
  }
}

Error unsupported(const char* context, std::size_t offset) {
  return {ErrorCode::kUnsupported, context, offset, {}};
}

Error malformed(const char* context, std::size_t offset) {
  return {ErrorCode::kMalformed, context, offset, {}};
}

// The fields as they are, before any of them is believed.
struct RawEnvelope {
  std::array<std::uint8_t, 4> magic{};
  std::uint8_t version = 0;
  std::uint8_t version_min = 0;
  std::uint8_t version_max = 0;
  std::uint8_t kind = 0;
  std::uint8_t role = 0;
  std::uint8_t reserved_byte = 0;
  std::uint16_t items = 0;
  std::uint32_t header_bytes = 0;
  std::uint32_t body_bytes = 0;
  std::uint64_t correlation = 0;
  std::uint32_t reserved_word = 0;
};

RawEnvelope read_raw(ByteReader& in) {
  RawEnvelope raw;
  raw.magic = in.array<4>();
  raw.version = in.u8();
  raw.version_min = in.u8();
  raw.version_max = in.u8();
  raw.kind = in.u8();
  raw.role = in.u8();
  raw.reserved_byte = in.u8();
  raw.items = in.u16_le();
  raw.header_bytes = in.u32_le();
  raw.body_bytes = in.u32_le();
  raw.correlation = in.u64_le();
  raw.reserved_word = in.u32_le();
  return raw;
}

Result<Envelope> checked(const RawEnvelope& raw) {
  if (raw.magic != kMagic) {
    return malformed("envelope.magic", 0);
  }
  if (raw.version != kWireVersion) {
    return unsupported("envelope.version", 4);
  }
  if (raw.version_min > raw.version || raw.version_max < raw.version) {
    return malformed("envelope.version_range", 5);
  }
  const std::optional<Kind> kind = message_kind(raw.kind);
  if (!kind) {
    return unsupported("envelope.kind", 7);
  }
  const std::optional<Role> role = role_of(raw.role);
  if (!role) {
    return unsupported("envelope.role", 8);
  }
  if (raw.reserved_byte != 0 || raw.reserved_word != 0) {
    return malformed("envelope.reserved", raw.reserved_byte != 0 ? 9 : 28);
  }
  const bool has_items = *kind == Kind::kEvidence || *kind == Kind::kCarry;
  if (has_items ? raw.items > limits::kItemsPerMessageMax : raw.items != 0) {
    return malformed("envelope.items", 10);
  }
  if (raw.header_bytes != 0) {
    return unsupported("envelope.header", 12);
  }
  return Envelope{raw.version, raw.version_min, raw.version_max, *kind,
                  *role,       raw.items,       raw.body_bytes,  raw.correlation};
}

}  // namespace

std::string_view name_of(Kind kind) {
  switch (kind) {
    case Kind::kEnrol:
      return "ENROL";
    case Kind::kCredential:
      return "CREDENTIAL";
    case Kind::kProof:
      return "PROOF";
    case Kind::kEnrolled:
      return "ENROLLED";
    case Kind::kHello:
      return "HELLO";
    case Kind::kChallenge:
      return "CHALLENGE";
    case Kind::kEvidence:
      return "EVIDENCE";
    case Kind::kNeed:
      return "NEED";
    case Kind::kLogs:
      return "LOGS";
    case Kind::kReceipt:
      return "RECEIPT";
    case Kind::kCarry:
      return "CARRY";
    case Kind::kBusy:
      return "BUSY";
    case Kind::kError:
      return "ERROR";
  }
  return "?";
}

std::optional<Kind> message_kind(std::uint8_t number) {
  const auto kind = static_cast<Kind>(number);
  return name_of(kind) == "?" ? std::nullopt : std::optional<Kind>(kind);
}

Bytes seal_frame(const Envelope& envelope, ByteView body) {
  assert(kEnvelopeSize + body.size() <= limits::kMessageSizeMax);
  ByteWriter out;
  out.bytes(kMagic)
      .u8(envelope.version)
      .u8(envelope.version_min)
      .u8(envelope.version_max)
      .u8(static_cast<std::uint8_t>(envelope.kind))
      .u8(static_cast<std::uint8_t>(envelope.role))
      .u8(0)
      .u16_le(envelope.items)
      .u32_le(0)
      .u32_le(static_cast<std::uint32_t>(body.size()))
      .u64_le(envelope.correlation)
      .u32_le(0)
      .bytes(body);
  return out.take();
}

Result<OpenedFrame> open_frame(ByteView frame) {
  if (frame.size() > limits::kMessageSizeMax) {
    return Error{ErrorCode::kTooLarge, "message", 0, {}};
  }
  ByteReader in(frame);
  const RawEnvelope raw = read_raw(in);
  if (!in.ok()) {
    return in.error("envelope");
  }
  Result<Envelope> envelope = checked(raw);
  if (!envelope) {
    return envelope.error();
  }
  OpenedFrame opened{*envelope, in.bytes(raw.body_bytes)};
  return in.finish(opened, "message body");
}

}  // namespace quotemill::transport
