// Envelope: the fixed 32 bytes that begin every message (transport/README.md). Little-endian.
//
//   offset size
//    0     4   magic "QMIL"
//    4     1   version of this message (1)
//    5     1   lowest version the sender reads
//    6     1   highest version the sender reads
//    7     1   kind
//    8     1   channel role of the sender: 0 server, 1 host, 2 gateway
//    9     1   reserved, 0
//   10     2   items: EVIDENCE and CARRY only, else 0
//   12     4   header bytes between envelope and body; 0 in version 1
//   16     4   body bytes
//   20     8   correlation: chosen by whoever asks, echoed in the reply; 0 in what was not asked
//   28     4   reserved, 0
//
// A message is one frame, and nothing follows the body.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "engine/base/bytes.h"
#include "engine/base/result.h"

namespace quotemill::transport {

inline constexpr std::size_t kEnvelopeSize = 32;
inline constexpr std::uint8_t kWireVersion = 1;
inline constexpr std::uint8_t kWireVersionMin = 1;  // lowest and highest that we read
inline constexpr std::uint8_t kWireVersionMax = 1;

// The numbers are on the wire and never change.
enum class Kind : std::uint8_t {
  kEnrol = 1,
  kCredential = 2,
  kProof = 3,
  kEnrolled = 4,
  kHello = 16,
  kChallenge = 17,
  kEvidence = 18,
  kNeed = 19,
  kLogs = 20,
  kReceipt = 21,
  kCarry = 24,
  kBusy = 32,
  kError = 33,
};

// "ENROL", "HELLO", …
std::string_view name_of(Kind kind);

// The kind of a number on the wire; nullopt if there is none.
std::optional<Kind> message_kind(std::uint8_t number);

// Who speaks.
enum class Role : std::uint8_t { kServer = 0, kHost = 1, kGateway = 2 };

struct Envelope {
  std::uint8_t version = kWireVersion;
  std::uint8_t version_min = kWireVersionMin;
  std::uint8_t version_max = kWireVersionMax;
  Kind kind = Kind::kError;
  Role role = Role::kServer;
  std::uint16_t items = 0;
  std::uint32_t body_bytes = 0;
  std::uint64_t correlation = 0;
};

// A message taken apart; `body` borrows the frame.
struct OpenedFrame {
  Envelope envelope;
  ByteView body;
};

// The frame: envelope and body. REQUIRES: body.size() fits limits::kMessageSizeMax
Bytes seal_frame(const Envelope& envelope, ByteView body);

// Checks the envelope against the whole frame. kTooLarge above limits::kMessageSizeMax;
// kUnsupported for a version, kind or role that is not ours, and for a header (none is defined);
// kMalformed for a wrong magic, reserved bits, items beside EVIDENCE and CARRY, or a version range
// that does not hold the version. Every other byte more or less is kTruncated or kTrailing.
Result<OpenedFrame> open_frame(ByteView frame);

}  // namespace quotemill::transport
