// AttestationClient: a host's connection to the attestation endpoint of one of several servers.
//
// A DEALER with CURVE. libzmq reconnects by itself while an endpoint is chosen; connect_next() goes
// on to another one. Not for sharing between threads.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/result.h"
#include "transport/socket/context.h"
#include "transport/socket/curve.h"
#include "transport/socket/socket.h"
#include "transport/wire/message.h"

namespace quotemill::transport {

struct ServerAddress {
  std::string endpoint;  // "tcp://verifier.example:7401"
  CurveKey server_key{};
  // The endpoint is that of a gateway with this key, which carries for the server of `server_key`.
  std::optional<CurveKey> gateway_key = {};

  friend bool operator==(const ServerAddress&, const ServerAddress&) = default;
};

class AttestationClient {
 public:
  // `context` outlives it. REQUIRES: at least one server, in order of preference
  AttestationClient(Context& context, const CurveKeyPair& keys, std::vector<ServerAddress> servers);

  // Drops the present connection and begins one to the next server of the list (the first one, at
  // first). What was sent and not answered is lost: send it again.
  Result<void> connect_next();

  [[nodiscard]] bool is_connected() const { return socket_.has_value(); }

  // The server of the present connection. REQUIRES: is_connected()
  [[nodiscard]] const ServerAddress& server() const { return servers_[current_]; }

  // Never blocks; kFull while the server does not read, or no connection could be made yet and the
  // queue is full.
  SendOutcome send(MessageBody body);

  // The next message, if one comes within `timeout_ms` and before `wake_fd` (an eventfd, or -1)
  // can be read. A frame that cannot be decoded is an Error.
  std::optional<Result<Message>> receive(int timeout_ms, int wake_fd);

 private:
  Context& context_;
  CurveKeyPair keys_;
  std::vector<ServerAddress> servers_;
  std::size_t current_ = 0;
  std::uint64_t correlation_ = 0;
  std::optional<Socket> socket_;
};

}  // namespace quotemill::transport
