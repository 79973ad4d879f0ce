// errno of a libzmq call as an Error. Internal to transport/socket.
#pragma once

#include <cerrno>
#include <string>
#include <zmq.h>

#include "engine/base/error.h"

namespace quotemill::transport {

// `what`: the endpoint or option it was about. `context` is a literal.
inline Error zmq_failure(const char* context, const std::string& what) {
  const std::string reason = zmq_strerror(errno);
  return {ErrorCode::kIo, context, 0, what.empty() ? reason : what + ": " + reason};
}

}  // namespace quotemill::transport
