#include "transport/sinks/syslog_sink.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <memory>
#include <netdb.h>
#include <poll.h>
#include <system_error>
#include <unistd.h>

#include <sys/socket.h>

#include "engine/base/error.h"

namespace quotemill::transport {
namespace {

// A receiver that reads at all has read after so long.
constexpr std::chrono::seconds kUnconfirmedFor{30};
constexpr std::size_t kUnconfirmedMax = 1'024;

struct FreeAddresses {
  void operator()(addrinfo* addresses) const { ::freeaddrinfo(addresses); }
};

using Addresses = std::unique_ptr<addrinfo, FreeAddresses>;

bool wait_until_writable(int socket, std::chrono::milliseconds timeout) {
  pollfd item{socket, POLLOUT, 0};
  return ::poll(&item, 1, static_cast<int>(timeout.count())) == 1;
}

// Connected within the timeout, or -1.
int connected(const addrinfo& address, std::chrono::milliseconds timeout) {
  const int socket = ::socket(address.ai_family, address.ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK,
                              address.ai_protocol);
  if (socket < 0) {
    return -1;
  }
  int outcome = ::connect(socket, address.ai_addr, address.ai_addrlen) == 0 ? 0 : errno;
  if (outcome == EINPROGRESS) {
    socklen_t size = sizeof outcome;
    if (!wait_until_writable(socket, timeout)) {
      outcome = ETIMEDOUT;
    } else if (::getsockopt(socket, SOL_SOCKET, SO_ERROR, &outcome, &size) != 0) {
      outcome = errno;
    }
  }
  if (outcome != 0) {
    ::close(socket);
    errno = outcome;
    return -1;
  }
  return socket;
}

}  // namespace

SyslogSink::~SyslogSink() {
  close();
}

Error SyslogSink::failure(const std::string& what) const {
  return {ErrorCode::kIo, "syslog sink", 0, options_.host + ":" + options_.port + ": " + what};
}

void SyslogSink::close() {
  if (socket_ >= 0) {
    ::close(socket_);
    socket_ = -1;
  }
}

Result<void> SyslogSink::connect() {
  addrinfo wanted{};
  wanted.ai_family = AF_UNSPEC;
  wanted.ai_socktype = options_.is_udp ? SOCK_DGRAM : SOCK_STREAM;
  addrinfo* found = nullptr;
  if (const int error =
          ::getaddrinfo(options_.host.c_str(), options_.port.c_str(), &wanted, &found);
      error != 0) {
    return failure(::gai_strerror(error));
  }
  const Addresses addresses(found);
  for (const addrinfo* address = found; address != nullptr && socket_ < 0;
       address = address->ai_next) {
    socket_ = connected(*address, options_.timeout);
  }
  return socket_ >= 0 ? Result<void>() : failure(std::generic_category().message(errno));
}

// A receiver never says anything: what can be read is the end.
bool SyslogSink::is_closed_by_peer() const {
  char byte = 0;
  const ssize_t read = ::recv(socket_, &byte, 1, MSG_DONTWAIT | MSG_PEEK);
  return read == 0 || (read < 0 && errno != EAGAIN && errno != EWOULDBLOCK);
}

void SyslogSink::forget_old() {
  const auto now = std::chrono::steady_clock::now();
  while (!unconfirmed_.empty() && (unconfirmed_.size() > kUnconfirmedMax ||
                                   now - unconfirmed_.front().when > kUnconfirmedFor)) {
    unconfirmed_.pop_front();
  }
}

Result<void> SyslogSink::deliver(std::span<const std::string> events) {
  forget_old();
  if (socket_ >= 0 && !options_.is_udp && is_closed_by_peer()) {
    close();
  }
  if (socket_ < 0) {
    if (Result<void> done = connect(); !done) {
      return done;
    }
    for (const Sent& sent : unconfirmed_) {
      if (Result<void> done = send(sent.message); !done) {
        return done;
      }
    }
  }
  for (const std::string& event : events) {
    if (Result<void> done = send(event); !done) {
      return done;
    }
    if (!options_.is_udp) {
      unconfirmed_.push_back({std::chrono::steady_clock::now(), event});
    }
  }
  // What broke while we wrote shows itself now, if the receiver is quick.
  if (!options_.is_udp && is_closed_by_peer()) {
    close();
    return failure("the receiver closed the connection");
  }
  return {};
}

Result<void> SyslogSink::send(const std::string& message) {
  const std::string frame =
      options_.is_udp ? message : std::to_string(message.size()) + " " + message;
  std::size_t sent = 0;
  while (sent < frame.size()) {
    const ssize_t more =
        ::send(socket_, frame.data() + sent, frame.size() - sent, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (more >= 0) {
      sent += static_cast<std::size_t>(more);
      continue;
    }
    const bool is_full = errno == EAGAIN || errno == EWOULDBLOCK;
    if (errno == EINTR || (is_full && wait_until_writable(socket_, options_.timeout))) {
      continue;
    }
    const Error error = failure(is_full ? "takes nothing" : std::generic_category().message(errno));
    close();
    return error;
  }
  return {};
}

}  // namespace quotemill::transport
