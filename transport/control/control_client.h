// ControlClient: asks the daemon over the operator's socket. For the command line tool.
//
// Not for sharing between threads.
#pragma once

#include <memory>
#include <string>

#include "transport/control/control_message.h"
#include "transport/socket/socket.h"

namespace quotemill::transport {

class ControlClient {
 public:
  // Nothing is opened before the first call.
  explicit ControlClient(std::string socket_path, int timeout_ms = 10'000);

  // The daemon's answer. `is_unreachable` if there is none: no daemon, or none that answers within
  // the time. `extra_ms`: how much longer this verb may take by its nature (a wait for changes).
  ControlAnswer call(const std::string& verb, Json args = Json::object(), int extra_ms = 0);

 private:
  Result<void> open();
  [[nodiscard]] ControlError unreachable(const std::string& why) const;

  const std::string socket_path_;
  const int timeout_ms_;
  std::unique_ptr<Context> context_;
  std::unique_ptr<Socket> socket_;
};

}  // namespace quotemill::transport
