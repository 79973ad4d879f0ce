#include "transport/sinks/socket_steps.h"

#include <cerrno>
#include <memory>
#include <netdb.h>
#include <poll.h>
#include <system_error>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "engine/base/error.h"
#include "transport/sinks/limits.h"

namespace quotemill::transport {
namespace {

struct FreeAddresses {
  void operator()(addrinfo* addresses) const { ::freeaddrinfo(addresses); }
};

using Addresses = std::unique_ptr<addrinfo, FreeAddresses>;

// 0, or the errno that tells why not.
int connect_within(int socket, const addrinfo& address, std::chrono::milliseconds timeout) {
  if (::connect(socket, address.ai_addr, address.ai_addrlen) == 0) {
    return 0;
  }
  if (errno != EINPROGRESS) {
    return errno;
  }
  if (!wait_for(socket, POLLOUT, timeout)) {
    return ETIMEDOUT;
  }
  int outcome = 0;
  socklen_t size = sizeof outcome;
  return ::getsockopt(socket, SOL_SOCKET, SO_ERROR, &outcome, &size) == 0 ? outcome : errno;
}

bool bound_silence(int socket, int type) {
  const auto ms = static_cast<unsigned>(limits::kSinkAcknowledgedMsMax);
  return type != SOCK_STREAM ||
         ::setsockopt(socket, IPPROTO_TCP, TCP_USER_TIMEOUT, &ms, sizeof ms) == 0;
}

}  // namespace

bool wait_for(int socket, short events, std::chrono::milliseconds timeout) {
  pollfd item{socket, events, 0};
  return ::poll(&item, 1, static_cast<int>(timeout.count())) == 1;
}

Error receiver_error(const ReceiverAddress& address, const std::string& what, ErrorCode code) {
  return {code, "sink", 0, address.host + ":" + address.port + ": " + what};
}

Result<Descriptor> connected_socket(const ReceiverAddress& address, int type) {
  addrinfo wanted{};
  wanted.ai_family = AF_UNSPEC;
  wanted.ai_socktype = type;
  addrinfo* found = nullptr;
  if (const int error = ::getaddrinfo(address.host.c_str(), address.port.c_str(), &wanted, &found);
      error != 0) {
    return receiver_error(address, ::gai_strerror(error), ErrorCode::kNotFound);
  }
  const Addresses addresses(found);
  int outcome = ENOENT;
  for (const addrinfo* next = found; next != nullptr; next = next->ai_next) {
    Descriptor socket(
        ::socket(next->ai_family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, next->ai_protocol));
    outcome = socket.get() < 0 || !bound_silence(socket.get(), type)
                  ? errno
                  : connect_within(socket.get(), *next, address.timeout);
    if (outcome == 0) {
      return socket;
    }
  }
  return receiver_error(address, std::generic_category().message(outcome), ErrorCode::kNotFound);
}

}  // namespace quotemill::transport
