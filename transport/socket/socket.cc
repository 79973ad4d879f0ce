#include "transport/socket/socket.h"

#include <array>
#include <cerrno>
#include <utility>
#include <zmq.h>

#include "transport/socket/zap.h"
#include "transport/socket/zmq_error.h"

// Behind libzmq's draft macro in zmq.h, but understood by the stable library. Not setting it would
// leave a domain without a handler open to everybody.
#ifndef ZMQ_ZAP_ENFORCE_DOMAIN
#define ZMQ_ZAP_ENFORCE_DOMAIN 93
#endif

namespace quotemill::transport {
namespace {

constexpr int kReconnectMaxMs = 5'000;
constexpr int kKeepAliveIdleS = 60;  // a dead peer is disconnected after two minutes
constexpr int kKeepAliveIntervalS = 10;
constexpr int kKeepAliveProbes = 6;
// What CURVE adds to a frame (33 bytes), which libzmq counts against the bound.
constexpr std::size_t kCurveOverhead = 64;
// Frames of one malformed message that a call of receive() throws away.
constexpr int kDrainPerCall = 16;

// libzmq's message, closed when it goes.
class Frame {
 public:
  Frame() { zmq_msg_init(&message_); }

  Frame(const Frame&) = delete;
  Frame& operator=(const Frame&) = delete;

  ~Frame() { zmq_msg_close(&message_); }

  bool receive(void* socket) {
    int size = -1;
    do {
      size = zmq_msg_recv(&message_, socket, ZMQ_DONTWAIT);
    } while (size < 0 && errno == EINTR);
    return size >= 0;
  }

  [[nodiscard]] bool more() { return zmq_msg_more(&message_) != 0; }

  [[nodiscard]] ByteView view() {
    return {static_cast<const std::uint8_t*>(zmq_msg_data(&message_)), zmq_msg_size(&message_)};
  }

  [[nodiscard]] std::optional<CurveKey> user() {
    const char* text = zmq_msg_gets(&message_, "User-Id");
    const auto key = text != nullptr ? from_hex(text) : std::nullopt;
    if (!key || key->size() != std::tuple_size_v<CurveKey>) {
      return std::nullopt;
    }
    CurveKey out{};
    std::copy(key->begin(), key->end(), out.begin());
    return out;
  }

 private:
  zmq_msg_t message_{};
};

int zmq_type(SocketType type) {
  switch (type) {
    case SocketType::kRouter:
      return ZMQ_ROUTER;
    case SocketType::kDealer:
      return ZMQ_DEALER;
    case SocketType::kPublish:
      return ZMQ_PUB;
    case SocketType::kSubscribe:
      return ZMQ_SUB;
  }
  return -1;
}

// Options set one after another; the first failure is kept.
class Setter {
 public:
  explicit Setter(void* socket) : socket_(socket) {}

  Setter& number(int option, const char* name, int value) {
    return bytes(option, name, &value, sizeof value);
  }

  Setter& number64(int option, const char* name, std::int64_t value) {
    return bytes(option, name, &value, sizeof value);
  }

  Setter& key(int option, const char* name, const CurveKey& value) {
    return bytes(option, name, value.data(), value.size());
  }

  Setter& text(int option, const char* name, const std::string& value) {
    return bytes(option, name, value.data(), value.size());
  }

  [[nodiscard]] Result<void> result() const { return result_; }

 private:
  Setter& bytes(int option, const char* name, const void* value, std::size_t size) {
    if (result_ && zmq_setsockopt(socket_, option, value, size) != 0) {
      result_ = zmq_failure("zmq socket option", name);
    }
    return *this;
  }

  void* socket_;
  Result<void> result_;
};

void set_common(Setter& set, const SocketOptions& options) {
  set.number(ZMQ_LINGER, "LINGER", 0)
      .number64(ZMQ_MAXMSGSIZE, "MAXMSGSIZE",
                static_cast<std::int64_t>(options.message_size_max + kCurveOverhead))
      .number(ZMQ_RCVHWM, "RCVHWM", options.receive_queue)
      .number(ZMQ_SNDHWM, "SNDHWM", options.send_queue)
      .number(ZMQ_HANDSHAKE_IVL, "HANDSHAKE_IVL", options.handshake_ms)
      .number(ZMQ_TCP_KEEPALIVE, "TCP_KEEPALIVE", 1)
      .number(ZMQ_TCP_KEEPALIVE_IDLE, "TCP_KEEPALIVE_IDLE", kKeepAliveIdleS)
      .number(ZMQ_TCP_KEEPALIVE_INTVL, "TCP_KEEPALIVE_INTVL", kKeepAliveIntervalS)
      .number(ZMQ_TCP_KEEPALIVE_CNT, "TCP_KEEPALIVE_CNT", kKeepAliveProbes)
      .number(ZMQ_RECONNECT_IVL, "RECONNECT_IVL", options.reconnect_ms)
      .number(ZMQ_RECONNECT_IVL_MAX, "RECONNECT_IVL_MAX", kReconnectMaxMs)
      .number(ZMQ_BACKLOG, "BACKLOG", options.backlog)
      .number(ZMQ_IPV6, "IPV6", 1);
  if (options.type == SocketType::kRouter) {
    set.number(ZMQ_ROUTER_MANDATORY, "ROUTER_MANDATORY", 1)
        .number(ZMQ_ROUTER_HANDOVER, "ROUTER_HANDOVER", 0);
  } else {
    // Without a TTL, which would be a timer at the server.
    set.number(ZMQ_HEARTBEAT_IVL, "HEARTBEAT_IVL", options.heartbeat_ms)
        .number(ZMQ_HEARTBEAT_TIMEOUT, "HEARTBEAT_TIMEOUT", 3 * options.heartbeat_ms);
  }
}

void set_curve(Setter& set, const SocketOptions& options) {
  if (const auto* server = std::get_if<CurveServer>(&options.curve)) {
    set.number(ZMQ_CURVE_SERVER, "CURVE_SERVER", 1)
        .key(ZMQ_CURVE_SECRETKEY, "CURVE_SECRETKEY", server->secret_key)
        .text(ZMQ_ZAP_DOMAIN, "ZAP_DOMAIN", server->zap_domain)
        .number(ZMQ_ZAP_ENFORCE_DOMAIN, "ZAP_ENFORCE_DOMAIN", 1);
  } else if (const auto* client = std::get_if<CurveClient>(&options.curve)) {
    set.key(ZMQ_CURVE_SERVERKEY, "CURVE_SERVERKEY", client->server_key)
        .key(ZMQ_CURVE_PUBLICKEY, "CURVE_PUBLICKEY", client->pair.public_key)
        .key(ZMQ_CURVE_SECRETKEY, "CURVE_SECRETKEY", client->pair.secret_key);
  }
}

SendOutcome outcome_of_errno() {
  switch (errno) {
    case EAGAIN:
      return SendOutcome::kFull;
    case EHOSTUNREACH:
      return SendOutcome::kUnreachable;
    default:
      return SendOutcome::kFailed;
  }
}

int try_send(void* socket, ByteView bytes, int flags) {
  int sent = -1;
  do {
    sent = zmq_send(socket, bytes.data(), bytes.size(), flags | ZMQ_DONTWAIT);
  } while (sent < 0 && errno == EINTR);
  return sent;
}

// ZMQ_POLLIN and the like; asking makes libzmq look at what its I/O thread told.
int events_of(void* socket) {
  int events = 0;
  std::size_t size = sizeof events;
  return zmq_getsockopt(socket, ZMQ_EVENTS, &events, &size) == 0 ? events : 0;
}

int send_frame(void* socket, ByteView bytes, int flags) {
  const int sent = try_send(socket, bytes, flags);
  if (sent >= 0 || errno != EAGAIN) {
    return sent;
  }
  // Not full, perhaps: a send looks at most once a millisecond for what has left the queue.
  events_of(socket);
  return try_send(socket, bytes, flags);
}

}  // namespace

Socket::Socket(void* context, void* handle, const SocketOptions& options)
    : context_(context),
      handle_(handle),
      type_(options.type),
      curve_server_(std::holds_alternative<CurveServer>(options.curve)) {}

Result<Socket> Socket::create(Context& context, const SocketOptions& options) {
  const auto* server = std::get_if<CurveServer>(&options.curve);
  if (server != nullptr && server->zap_domain.empty()) {
    return Error{ErrorCode::kDenied, "zmq socket", 0, "a CURVE server needs a ZAP domain"};
  }
  void* handle = zmq_socket(context.handle(), zmq_type(options.type));
  if (handle == nullptr) {
    return zmq_failure("zmq socket", {});
  }
  Socket socket(context.handle(), handle, options);
  Setter set(handle);
  set_common(set, options);
  set_curve(set, options);
  if (Result<void> done = set.result(); !done) {
    return done.error();
  }
  return socket;
}

Socket::Socket(Socket&& other) noexcept
    : context_(other.context_),
      handle_(std::exchange(other.handle_, nullptr)),
      type_(other.type_),
      curve_server_(other.curve_server_),
      draining_(other.draining_),
      malformed_(other.malformed_) {}

Socket& Socket::operator=(Socket&& other) noexcept {
  if (this != &other) {
    close();
    context_ = other.context_;
    handle_ = std::exchange(other.handle_, nullptr);
    type_ = other.type_;
    curve_server_ = other.curve_server_;
    draining_ = other.draining_;
    malformed_ = other.malformed_;
  }
  return *this;
}

Socket::~Socket() {
  close();
}

void Socket::close() noexcept {
  if (handle_ != nullptr) {
    zmq_close(handle_);
    handle_ = nullptr;
  }
}

Result<void> Socket::bind(const std::string& endpoint) {
  if (curve_server_ && !zap_answers(context_)) {
    return Error{ErrorCode::kDenied, "bind", 0,
                 endpoint + ": no ZAP handler answers; without one everybody would be admitted"};
  }
  if (zmq_bind(handle_, endpoint.c_str()) != 0) {
    return zmq_failure("bind", endpoint);
  }
  return {};
}

Result<void> Socket::connect(const std::string& endpoint) {
  if (zmq_connect(handle_, endpoint.c_str()) != 0) {
    return zmq_failure("connect", endpoint);
  }
  return {};
}

std::string Socket::endpoint() const {
  std::array<char, 256> text{};
  std::size_t size = text.size();
  if (zmq_getsockopt(handle_, ZMQ_LAST_ENDPOINT, text.data(), &size) != 0) {
    return {};
  }
  return text.data();
}

SendOutcome Socket::send(ByteView payload) {
  return send_frame(handle_, payload, 0) < 0 ? outcome_of_errno() : SendOutcome::kSent;
}

SendOutcome Socket::send_to(const RouteId& route, ByteView payload) {
  // With ROUTER_MANDATORY the first frame tells whether the route exists and has room.
  if (send_frame(handle_, as_bytes(route), ZMQ_SNDMORE) < 0) {
    return outcome_of_errno();
  }
  return send(payload);
}

std::optional<Received> Socket::receive() {
  if (draining_ && !drain()) {
    return std::nullopt;
  }
  Received received;
  Frame frame;
  if (!frame.receive(handle_)) {
    return std::nullopt;
  }
  if (type_ == SocketType::kRouter) {
    received.route = std::string(as_text(frame.view()));
    // Messages are received whole or not at all, so the rest of this one is there.
    if (!frame.more() || !frame.receive(handle_)) {
      ++malformed_;
      return std::nullopt;
    }
  }
  if (frame.more()) {
    ++malformed_;
    draining_ = true;
    drain();
    return std::nullopt;
  }
  received.payload = to_bytes(frame.view());
  received.user = frame.user();
  return received;
}

bool Socket::drain() {
  for (int i = 0; i < kDrainPerCall; ++i) {
    Frame frame;
    if (!frame.receive(handle_)) {
      return false;
    }
    if (!frame.more()) {
      draining_ = false;
      return true;
    }
  }
  return false;
}

bool Socket::pending() const {
  return (events_of(handle_) & ZMQ_POLLIN) != 0;
}

Result<void> Socket::subscribe(std::string_view prefix) {
  if (zmq_setsockopt(handle_, ZMQ_SUBSCRIBE, prefix.data(), prefix.size()) != 0) {
    return zmq_failure("zmq socket option", "SUBSCRIBE");
  }
  return {};
}

Ready wait(const Socket& socket, int wake_fd, int timeout_ms) {
  std::array<zmq_pollitem_t, 2> items = {{
      {socket.handle(), 0, ZMQ_POLLIN, 0},
      {nullptr, wake_fd, ZMQ_POLLIN, 0},
  }};
  const int count = wake_fd >= 0 ? 2 : 1;
  if (zmq_poll(items.data(), count, timeout_ms) <= 0) {
    return {};
  }
  return {(items[0].revents & ZMQ_POLLIN) != 0, (items[1].revents & ZMQ_POLLIN) != 0};
}

Ready wait(const Socket* first, const Socket& second, int wake_fd, int timeout_ms) {
  if (first == nullptr) {
    return wait(second, wake_fd, timeout_ms);
  }
  std::array<zmq_pollitem_t, 3> items = {{
      {first->handle(), 0, ZMQ_POLLIN, 0},
      {second.handle(), 0, ZMQ_POLLIN, 0},
      {nullptr, wake_fd, ZMQ_POLLIN, 0},
  }};
  const int count = wake_fd >= 0 ? 3 : 2;
  if (zmq_poll(items.data(), count, timeout_ms) <= 0) {
    return {};
  }
  return {((items[0].revents | items[1].revents) & ZMQ_POLLIN) != 0,
          (items[2].revents & ZMQ_POLLIN) != 0};
}

}  // namespace quotemill::transport
