// Context: libzmq's I/O threads and the room in which its sockets find each other.
//
// One per process, made before any thread that uses sockets. libzmq is visible in this folder only.
#pragma once

#include <memory>

#include "engine/base/result.h"

namespace quotemill::transport {

class Context {
 public:
  // Seeds srand() from the system's random source first: libzmq 4.3.4 numbers its automatic routing
  // ids from rand(), and a peer that claims the coming one would abort the process.
  //
  // `sockets_max`: how many sockets it may have at once; libzmq's own bound unless told otherwise.
  static Result<std::unique_ptr<Context>> create(int io_threads = 1, int sockets_max = 1'023);

  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;
  // Blocks until every socket of it is closed: sockets go first.
  ~Context();

  // The library's handle, for this folder.
  [[nodiscard]] void* handle() const { return handle_; }

 private:
  explicit Context(void* handle) : handle_(handle) {}

  void* handle_;
};

}  // namespace quotemill::transport
