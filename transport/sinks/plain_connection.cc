// UDP and TCP without TLS.
#include <cerrno>
#include <poll.h>
#include <system_error>

#include <sys/socket.h>

#include "transport/sinks/connection.h"
#include "transport/sinks/socket_steps.h"

namespace quotemill::transport {
namespace {

class PlainConnection final : public Connection {
 public:
  PlainConnection(ReceiverAddress address, Descriptor socket, bool is_stream)
      : address_(std::move(address)), socket_(std::move(socket)), is_stream_(is_stream) {}

  Result<void> send(std::string_view bytes) override {
    while (!bytes.empty()) {
      const ssize_t sent =
          ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
      if (sent >= 0) {
        bytes.remove_prefix(static_cast<std::size_t>(sent));
        continue;
      }
      const bool is_full = errno == EAGAIN || errno == EWOULDBLOCK;
      if (errno != EINTR && !(is_full && wait_for(socket_.get(), POLLOUT, address_.timeout))) {
        return is_full ? receiver_error(address_, "takes nothing", ErrorCode::kExpired)
                       : receiver_error(address_, std::generic_category().message(errno));
      }
    }
    return {};
  }

  // A receiver never says anything: what can be read is the end.
  bool is_closed_by_peer() override {
    if (!is_stream_) {
      return false;
    }
    char byte = 0;
    const ssize_t read = ::recv(socket_.get(), &byte, 1, MSG_DONTWAIT | MSG_PEEK);
    return read == 0 || (read < 0 && errno != EAGAIN && errno != EWOULDBLOCK);
  }

 private:
  const ReceiverAddress address_;
  const Descriptor socket_;
  const bool is_stream_;
};

Result<std::unique_ptr<Connection>> connect_plain(const ReceiverAddress& address, int type) {
  Result<Descriptor> socket = connected_socket(address, type);
  if (!socket) {
    return socket.error();
  }
  return std::unique_ptr<Connection>(
      std::make_unique<PlainConnection>(address, *std::move(socket), type == SOCK_STREAM));
}

}  // namespace

Result<std::unique_ptr<Connection>> connect_udp(const ReceiverAddress& address) {
  return connect_plain(address, SOCK_DGRAM);
}

Result<std::unique_ptr<Connection>> connect_tcp(const ReceiverAddress& address) {
  return connect_plain(address, SOCK_STREAM);
}

}  // namespace quotemill::transport
