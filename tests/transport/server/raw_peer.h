// RawPeer: a hostile speaker of ZMTP 3.1 with CURVE (ZeroMQ RFC 23, 26), over a plain TCP
// connection: it does what libzmq's own sockets would not, such as frames that say "more" for ever,
// or a handshake left half done. Not for sharing between threads.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "engine/base/bytes.h"
#include "engine/evidence/host_uid.h"
#include "transport/socket/curve.h"

namespace quotemill::testing {

class RawPeer {
 public:
  // `endpoint`: "tcp://127.0.0.1:port".
  RawPeer(const std::string& endpoint, const transport::CurveKeyPair& pair,
          const CurveKey& server_key);
  ~RawPeer();
  RawPeer(const RawPeer&) = delete;
  RawPeer& operator=(const RawPeer&) = delete;

  // Each is false when the server has closed the connection, or refused.
  [[nodiscard]] bool greet();                                     // exchange greetings
  [[nodiscard]] bool hello();                                     // HELLO, WELCOME
  [[nodiscard]] bool initiate(std::string_view routing_id = {});  // INITIATE, READY

  [[nodiscard]] bool handshake(std::string_view routing_id = {}) {
    return greet() && hello() && initiate(routing_id);
  }

  // One frame of a message.
  [[nodiscard]] bool send_frame(ByteView payload, bool more);

  // Whether the server closes the connection within `timeout_ms`; what it sends is thrown away.
  [[nodiscard]] bool is_closed_within(int timeout_ms);

 private:
  using Key = std::array<std::uint8_t, 32>;

  [[nodiscard]] bool write(ByteView bytes) const;
  [[nodiscard]] bool read(std::span<std::uint8_t> bytes) const;
  [[nodiscard]] bool send_raw(std::uint8_t flags, ByteView body) const;
  [[nodiscard]] Bytes read_frame() const;
  Bytes boxed(std::string_view prefix, ByteView message, const Key& to, const Key& from);

  int fd_;
  transport::CurveKeyPair pair_;
  Key server_key_;
  Key transient_public_{};
  Key transient_secret_{};
  Key server_transient_{};
  Bytes cookie_;
  std::uint64_t nonce_ = 0;
};

}  // namespace quotemill::testing
