// Connection: bytes to a receiver that answers nothing, within a time limit.
//
// Plain over UDP or TCP, or TLS over TCP. Used by one thread. Whoever uses TLS ignores SIGPIPE.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include "engine/base/result.h"
#include "transport/sinks/tls_options.h"

namespace quotemill::transport {

struct ReceiverAddress {
  std::string host;
  std::string port;
  std::chrono::milliseconds timeout{5'000};  // of each step: to connect, to take some bytes
};

class Connection {
 public:
  Connection() = default;
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  virtual ~Connection() = default;

  // All of the bytes (over UDP: one datagram), or an Error; the connection is of no use then.
  virtual Result<void> send(std::string_view bytes) = 0;

  // Whether the receiver has ended the connection, as far as can be told without waiting.
  virtual bool is_closed_by_peer() = 0;
};

Result<std::unique_ptr<Connection>> connect_udp(const ReceiverAddress& address);
Result<std::unique_ptr<Connection>> connect_tcp(const ReceiverAddress& address);
// TLS 1.2 at least; the receiver's certificate must be good for its name. RFC 5425, 5.2.
Result<std::unique_ptr<Connection>> connect_tls(const ReceiverAddress& address,
                                                const TlsOptions& tls);

}  // namespace quotemill::transport
