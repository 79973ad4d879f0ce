// DoorLink: what the daemon and its enrolment door say to each other.
//
// A socketpair of SOCK_SEQPACKET, so a packet is a message. The door is the side that hostile bytes
// can reach: the daemon takes nothing from it on trust but the CURVE key of a client, which libzmq
// has authenticated there. Either side treats a packet it cannot read as the end of the other.
//
//   daemon -> door   CONFIG (first packet; holds the CURVE secret), REPLY
//   door -> daemon   READY or FAILED (answer CONFIG), REQUEST, STATUS (every second)
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "engine/base/bytes.h"
#include "engine/base/result.h"
#include "engine/evidence/host_uid.h"
#include "transport/socket/curve.h"
#include "transport/socket/rate_limiter.h"

namespace quotemill::transport {

// What the door may do. Numbers are checked where they are set (deploy/quotemilld/config).
struct DoorLimits {
  std::uint64_t memory_max = 256ULL * 1024 * 1024;  // beyond what the program takes at start
  std::uint32_t connections_max = 4'096;
  Rate messages_per_client{1, 8};
  Rate messages{300, 600};   // of all clients together
  Rate handshakes{20, 200};  // per address: many hosts may share one
};

struct DoorConfig {
  CurveSecret secret_key{};
  std::string endpoint;
  DoorLimits limits;
};

struct DoorReady {
  std::string endpoint;  // as bound
};

struct DoorFailed {
  std::string reason;
};

// One frame of a client. `handle` comes back in the reply, unread.
struct DoorRequest {
  CurveKey client{};
  Bytes handle;
  Bytes frame;
};

struct DoorReply {
  Bytes handle;
  Bytes frame;
};

// Totals since the process started.
struct DoorStatus {
  std::uint64_t received = 0;
  std::uint64_t forwarded = 0;
  std::uint64_t malformed = 0;  // not one frame, not an envelope, not a kind of enrolment
  std::uint64_t over_rate = 0;  // of one client, or of all
  std::uint64_t dropped = 0;    // the daemon does not keep up, or a client does not read
  std::uint64_t reopened = 0;   // the socket, over the bound of memory or connections
  std::uint64_t handshakes_refused = 0;
  std::uint64_t resident_bytes = 0;
};

using DoorPacket =
    std::variant<DoorConfig, DoorReady, DoorFailed, DoorRequest, DoorReply, DoorStatus>;

Bytes encode_packet(const DoorPacket& packet);
Result<DoorPacket> decode_packet(ByteView bytes);

// Owns one end of the socketpair. send() may be called from several threads at once (packets do not
// mix); receive() from one.
class DoorLink {
 public:
  enum class Outcome : std::uint8_t { kDone, kNotNow, kEnded };

  explicit DoorLink(int fd) : fd_(fd) {}

  DoorLink(const DoorLink&) = delete;
  DoorLink& operator=(const DoorLink&) = delete;
  ~DoorLink();

  // Never blocks, never raises SIGPIPE. kNotNow: the other side does not keep up; nothing was sent.
  Outcome send(const DoorPacket& packet) const;

  // The next packet if there is one; kEnded if the other side is gone or sent nonsense.
  Outcome receive(std::optional<DoorPacket>& packet);

  [[nodiscard]] int fd() const { return fd_; }

 private:
  int fd_;
  Bytes buffer_;
};

}  // namespace quotemill::transport
