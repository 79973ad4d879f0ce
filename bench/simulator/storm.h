// Storm: connections that a host opens and closes again, beside the one that it attests over.
//
// Each has time for its handshake, and says nothing. Not for sharing between threads.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>

#include "transport/socket/context.h"
#include "transport/socket/curve.h"
#include "transport/socket/socket.h"

namespace quotemill::bench {

class Storm {
 public:
  static constexpr std::size_t kOpenMax = 200;  // at once, of all hosts

  // `context` has room for kOpenMax sockets more than others need, and outlives the storm.
  Storm(transport::Context& context, std::string endpoint)
      : context_(context), endpoint_(std::move(endpoint)) {}

  // Opens a host's connections; fewer of them while many are open. How many.
  std::size_t raise(const transport::CurveClient& host, std::uint64_t now_us);

  // Closes those whose time has passed.
  void close_due(std::uint64_t now_us);

  [[nodiscard]] bool is_over() const { return open_.empty(); }

 private:
  struct Connection {
    transport::Socket socket;
    std::uint64_t close_us;
  };

  transport::Context& context_;
  std::string endpoint_;
  std::deque<Connection> open_;  // in order of their ends
};

}  // namespace quotemill::bench
