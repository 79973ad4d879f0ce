#include "transport/server/door_link.h"

#include <cerrno>
#include <cstring>
#include <unistd.h>
#include <utility>

#include <sys/socket.h>

#include "engine/base/byte_reader.h"
#include "engine/base/byte_writer.h"
#include "engine/base/limits.h"

namespace quotemill::transport {
namespace {

constexpr const char* kContext = "door packet";
constexpr std::size_t kTextMax = 512;
constexpr std::size_t kHandleMax = 512;  // a routing id is at most 255 bytes
constexpr std::size_t kPacketMax = limits::kEnrolMessageSizeMax + 2048;

enum class Tag : std::uint8_t {
  kConfig = 1,
  kReady = 2,
  kFailed = 3,
  kRequest = 4,
  kReply = 5,
  kStatus = 6,
};

// Rates travel in thousandths.
constexpr double kRateUnit = 1000.0;

void write_rate(ByteWriter& out, const Rate& rate) {
  out.u64_le(static_cast<std::uint64_t>(rate.per_second * kRateUnit));
  out.u64_le(static_cast<std::uint64_t>(rate.burst * kRateUnit));
}

Rate read_rate(ByteReader& in) {
  const auto per_second = static_cast<double>(in.u64_le()) / kRateUnit;
  return {per_second, static_cast<double>(in.u64_le()) / kRateUnit};
}

void write_text(ByteWriter& out, const std::string& text) {
  out.sized16_le(as_bytes(std::string_view(text).substr(0, kTextMax)));
}

std::string read_text(ByteReader& in) {
  return std::string(as_text(in.sized16_le(kTextMax)));
}

struct Encoder {
  ByteWriter out = {};

  void operator()(const DoorConfig& config) {
    out.u8(static_cast<std::uint8_t>(Tag::kConfig)).bytes(config.secret_key);
    write_text(out, config.endpoint);
    out.u64_le(config.limits.memory_max).u32_le(config.limits.connections_max);
    write_rate(out, config.limits.messages_per_client);
    write_rate(out, config.limits.messages);
    write_rate(out, config.limits.handshakes);
  }

  void operator()(const DoorReady& ready) {
    out.u8(static_cast<std::uint8_t>(Tag::kReady));
    write_text(out, ready.endpoint);
  }

  void operator()(const DoorFailed& failed) {
    out.u8(static_cast<std::uint8_t>(Tag::kFailed));
    write_text(out, failed.reason);
  }

  void operator()(const DoorRequest& request) {
    out.u8(static_cast<std::uint8_t>(Tag::kRequest)).bytes(request.client);
    out.sized16_le(request.handle).bytes(request.frame);
  }

  void operator()(const DoorReply& reply) {
    out.u8(static_cast<std::uint8_t>(Tag::kReply)).sized16_le(reply.handle).bytes(reply.frame);
  }

  void operator()(const DoorStatus& status) {
    out.u8(static_cast<std::uint8_t>(Tag::kStatus));
    for (const std::uint64_t value :
         {status.received, status.forwarded, status.malformed, status.over_rate, status.dropped,
          status.reopened, status.handshakes_refused, status.resident_bytes}) {
      out.u64_le(value);
    }
  }
};

DoorConfig read_config(ByteReader& in) {
  DoorConfig config;
  config.secret_key = in.array<std::tuple_size_v<CurveSecret>>();
  config.endpoint = read_text(in);
  config.limits.memory_max = in.u64_le();
  config.limits.connections_max = in.u32_le();
  config.limits.messages_per_client = read_rate(in);
  config.limits.messages = read_rate(in);
  config.limits.handshakes = read_rate(in);
  return config;
}

DoorRequest read_request(ByteReader& in) {
  DoorRequest request;
  request.client = in.array<std::tuple_size_v<CurveKey>>();
  request.handle = to_bytes(in.sized16_le(kHandleMax));
  request.frame = to_bytes(in.rest());
  return request;
}

DoorReply read_reply(ByteReader& in) {
  DoorReply reply;
  reply.handle = to_bytes(in.sized16_le(kHandleMax));
  reply.frame = to_bytes(in.rest());
  return reply;
}

DoorStatus read_status(ByteReader& in) {
  DoorStatus status;
  for (std::uint64_t* const value :
       {&status.received, &status.forwarded, &status.malformed, &status.over_rate, &status.dropped,
        &status.reopened, &status.handshakes_refused, &status.resident_bytes}) {
    *value = in.u64_le();
  }
  return status;
}

}  // namespace

Bytes encode_packet(const DoorPacket& packet) {
  Encoder encoder;
  std::visit(encoder, packet);
  return encoder.out.take();
}

Result<DoorPacket> decode_packet(ByteView bytes) {
  ByteReader in(bytes);
  DoorPacket packet = DoorFailed{};
  switch (Tag{in.u8()}) {
    case Tag::kConfig:
      packet = read_config(in);
      break;
    case Tag::kReady:
      packet = DoorReady{read_text(in)};
      break;
    case Tag::kFailed:
      packet = DoorFailed{read_text(in)};
      break;
    case Tag::kRequest:
      packet = read_request(in);
      break;
    case Tag::kReply:
      packet = read_reply(in);
      break;
    case Tag::kStatus:
      packet = read_status(in);
      break;
    default:
      in.fail(ErrorCode::kMalformed);
  }
  return in.finish(std::move(packet), kContext);
}

DoorLink::~DoorLink() {
  if (fd_ >= 0) {
    ::close(fd_);
  }
}

DoorLink::Outcome DoorLink::send(const DoorPacket& packet) const {
  Bytes bytes = encode_packet(packet);
  ssize_t sent = -1;
  do {
    sent = ::send(fd_, bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  } while (sent < 0 && errno == EINTR);
  const int error = errno;
  if (std::holds_alternative<DoorConfig>(packet)) {
    explicit_bzero(bytes.data(), bytes.size());
  }
  if (sent >= 0) {
    return Outcome::kDone;
  }
  return error == EAGAIN || error == ENOBUFS ? Outcome::kNotNow : Outcome::kEnded;
}

DoorLink::Outcome DoorLink::receive(std::optional<DoorPacket>& packet) {
  buffer_.resize(kPacketMax);
  ssize_t size = -1;
  do {
    // MSG_TRUNC: the packet's true size, so that one that was cut is seen.
    size = ::recv(fd_, buffer_.data(), buffer_.size(), MSG_DONTWAIT | MSG_TRUNC);
  } while (size < 0 && errno == EINTR);
  if (size < 0 && errno == EAGAIN) {
    return Outcome::kNotNow;
  }
  if (size <= 0 || static_cast<std::size_t>(size) > buffer_.size()) {
    return Outcome::kEnded;
  }
  Result<DoorPacket> decoded =
      decode_packet(ByteView(buffer_).first(static_cast<std::size_t>(size)));
  if (!decoded) {
    return Outcome::kEnded;
  }
  packet = *std::move(decoded);
  if (std::holds_alternative<DoorConfig>(*packet)) {
    explicit_bzero(buffer_.data(), buffer_.size());
  }
  return Outcome::kDone;
}

}  // namespace quotemill::transport
