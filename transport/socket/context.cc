#include "transport/socket/context.h"

#include <cerrno>
#include <cstdlib>
#include <zmq.h>

#include <sys/random.h>

#include "transport/socket/zmq_error.h"

namespace quotemill::transport {

Result<std::unique_ptr<Context>> Context::create(int io_threads, int sockets_max) {
  void* handle = zmq_ctx_new();
  if (handle == nullptr) {
    return zmq_failure("zmq context", {});
  }
  std::unique_ptr<Context> context(new Context(handle));
  // After zmq_ctx_new(), which may seed for itself; before the first socket, which draws the id.
  unsigned seed = 0;
  if (getrandom(&seed, sizeof seed, 0) != static_cast<ssize_t>(sizeof seed)) {
    return Error{ErrorCode::kIo, "getrandom", 0, {}};
  }
  std::srand(seed);
  if (zmq_ctx_set(handle, ZMQ_IO_THREADS, io_threads) != 0) {
    return zmq_failure("zmq context", "I/O threads");
  }
  if (zmq_ctx_set(handle, ZMQ_MAX_SOCKETS, sockets_max) != 0) {
    return zmq_failure("zmq context", "sockets");
  }
  return context;
}

Context::~Context() {
  while (zmq_ctx_term(handle_) != 0 && errno == EINTR) {
  }
}

}  // namespace quotemill::transport
