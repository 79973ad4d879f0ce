// Socket: a libzmq socket with our fixed options; bytes in, bytes out, never blocking.
//
// Every socket has linger 0, a bounded message size and bounded queues. Servers of CURVE have the
// ZAP domain set and enforced, and bind only while a ZapHandler answers: libzmq lets everybody in
// without one. Not for sharing between threads; may be handed from one to another.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <variant>

#include "engine/base/bytes.h"
#include "engine/base/limits.h"
#include "engine/base/result.h"
#include "engine/evidence/host_uid.h"
#include "transport/socket/context.h"
#include "transport/socket/curve.h"

namespace quotemill::transport {

enum class SocketType : std::uint8_t { kRouter, kDealer, kPublish, kSubscribe };

struct CurveServer {
  CurveSecret secret_key{};
  std::string zap_domain;  // one of the ZapHandler's
};

struct CurveClient {
  CurveKeyPair pair;
  CurveKey server_key{};
};

struct SocketOptions {
  SocketType type = SocketType::kDealer;
  std::variant<std::monostate, CurveServer, CurveClient> curve = {};  // none: ipc and inproc only
  std::size_t message_size_max = limits::kMessageSizeMax;             // larger: peer disconnected
  int receive_queue = 2;  // messages per connection; bounds what a peer can make us hold
  int send_queue = 8;     // messages per connection; more are refused
  int handshake_ms = 5'000;
  // DEALER: between pings; a server silent for three of them is disconnected. A ROUTER sends none:
  // libzmq 4.3.4 looks through the timers of all connections whenever one is cancelled, and its I/O
  // thread did nothing else from 9,000 connections on (measured). TCP finds its dead peers.
  int heartbeat_ms = 10'000;
  int reconnect_ms = 200;  // first interval of a connecting socket, doubled up to 5 s
  int backlog = 1'024;     // of a listening socket
};

// A libzmq routing id: names a connection for its life; meaningless afterwards.
using RouteId = std::string;

struct Received {
  RouteId route;  // ROUTER only
  Bytes payload;
  std::optional<CurveKey> user;  // CURVE server: the peer's key, as the ZapHandler admitted it
};

// How a send ended.
enum class SendOutcome : std::uint8_t {
  kSent,
  kFull,         // the peer does not read; dropped
  kUnreachable,  // the route is gone; dropped
  kFailed,
};

class Socket {
 public:
  // REQUIRES: `context` outlives the socket.
  static Result<Socket> create(Context& context, const SocketOptions& options);

  Socket(Socket&& other) noexcept;
  Socket& operator=(Socket&& other) noexcept;
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  ~Socket();

  // kIo with the endpoint and the reason. A CURVE server is refused with kDenied unless a
  // ZapHandler of this context answers. Over tcp, "tcp://127.0.0.1:*" takes a free port.
  Result<void> bind(const std::string& endpoint);
  Result<void> connect(const std::string& endpoint);

  // Where it is bound, with the port that was taken.
  [[nodiscard]] std::string endpoint() const;

  SendOutcome send(ByteView payload);
  // ROUTER only.
  SendOutcome send_to(const RouteId& route, ByteView payload);

  // The next message, or nullopt if none is there. A message of more frames than ours have is
  // drained, some frames a call, and counted in malformed(); then there is perhaps none to return
  // though more are waiting, which pending() tells.
  std::optional<Received> receive();

  // Whether receive() may be called again with profit.
  [[nodiscard]] bool pending() const;

  // Messages dropped because they were not one frame.
  [[nodiscard]] std::uint64_t malformed() const { return malformed_; }

  // SUBSCRIBE only: everything whose first bytes are `prefix`.
  Result<void> subscribe(std::string_view prefix);

  // The library's handle, for this folder.
  [[nodiscard]] void* handle() const { return handle_; }

 private:
  Socket(void* context, void* handle, const SocketOptions& options);

  void close() noexcept;
  bool drain();

  void* context_ = nullptr;
  void* handle_ = nullptr;
  SocketType type_ = SocketType::kDealer;
  bool curve_server_ = false;
  bool draining_ = false;  // in the middle of a message with too many frames
  std::uint64_t malformed_ = 0;
};

// What wait() saw.
struct Ready {
  bool socket = false;
  bool wake = false;
};

// Waits until `socket` can be read, or the descriptor `wake_fd` (an eventfd; -1: none) can, or
// `timeout_ms` has passed.
Ready wait(const Socket& socket, int wake_fd, int timeout_ms);
// The same for either of two sockets. `first` may be null: it is not waited for then.
Ready wait(const Socket* first, const Socket& second, int wake_fd, int timeout_ms);

}  // namespace quotemill::transport
