// SocketPoll: waits for thousands of sockets at once, in time that grows with those that have
// something to say, not with all.
//
// libzmq's descriptor says only that a socket should be looked at: whoever is named must be
// received from until nothing is left, and likewise each socket after a send, which may swallow
// the sign. Not for sharing between threads.
#pragma once

#include <cstddef>
#include <vector>

#include "engine/base/result.h"
#include "transport/socket/socket.h"

namespace quotemill::transport {

class SocketPoll {
 public:
  static Result<SocketPoll> create();

  SocketPoll(SocketPoll&& other) noexcept;
  SocketPoll& operator=(SocketPoll&&) = delete;
  SocketPoll(const SocketPoll&) = delete;
  SocketPoll& operator=(const SocketPoll&) = delete;
  ~SocketPoll();

  // Names `socket` as `index` from now on. A socket that is closed leaves by itself.
  Result<void> add(const Socket& socket, std::size_t index);

  // Those that should be received from; none after `timeout_ms`. Valid until the next call.
  const std::vector<std::size_t>& wait(int timeout_ms);

 private:
  explicit SocketPoll(int descriptor) : descriptor_(descriptor) {}

  int descriptor_ = -1;
  std::vector<std::size_t> ready_;
};

}  // namespace quotemill::transport
