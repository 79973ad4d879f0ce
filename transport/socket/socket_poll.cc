#include "transport/socket/socket_poll.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <unistd.h>
#include <utility>
#include <zmq.h>

#include <sys/epoll.h>

#include "transport/socket/zmq_error.h"

namespace quotemill::transport {
namespace {

constexpr std::size_t kEventsMax = 256;

}  // namespace

Result<SocketPoll> SocketPoll::create() {
  const int descriptor = ::epoll_create1(EPOLL_CLOEXEC);
  if (descriptor < 0) {
    return Error{ErrorCode::kIo, "epoll", 0, {}};
  }
  return SocketPoll(descriptor);
}

SocketPoll::SocketPoll(SocketPoll&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)), ready_(std::move(other.ready_)) {}

SocketPoll::~SocketPoll() {
  if (descriptor_ >= 0) {
    ::close(descriptor_);
  }
}

Result<void> SocketPoll::add(const Socket& socket, std::size_t index) {
  int of_socket = -1;
  std::size_t size = sizeof of_socket;
  if (zmq_getsockopt(socket.handle(), ZMQ_FD, &of_socket, &size) != 0) {
    return zmq_failure("zmq socket", "descriptor");
  }
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u64 = index;
  if (::epoll_ctl(descriptor_, EPOLL_CTL_ADD, of_socket, &event) != 0) {
    return Error{ErrorCode::kIo, "epoll", 0, {}};
  }
  return {};
}

const std::vector<std::size_t>& SocketPoll::wait(int timeout_ms) {
  std::array<epoll_event, kEventsMax> events{};
  const int count =
      ::epoll_wait(descriptor_, events.data(), static_cast<int>(events.size()), timeout_ms);
  ready_.clear();
  for (std::size_t i = 0; count > 0 && i < static_cast<std::size_t>(count); ++i) {
    ready_.push_back(events.at(i).data.u64);
  }
  return ready_;
}

}  // namespace quotemill::transport
