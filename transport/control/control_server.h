// ControlServer: the operator's socket. Takes requests, lets workers answer them, sends answers.
//
// One thread owns the socket; a few workers run the handler, so that a slow verb (a durable change,
// a page of history) delays nobody. A verb that waits for something to happen does not keep a
// worker: its handler answers ControlWait, the request is parked, and the handler is asked again
// whenever notify() is called, or for the last time when the wait is over.
//
// Whoever may enter the socket's folder is an operator. Requests, requests waiting and requests
// parked are bounded (limits.h).
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <variant>
#include <vector>

#include "transport/control/control_message.h"
#include "transport/socket/socket.h"

namespace quotemill::transport {

// "Nothing yet: ask again when something happened, at the latest after this time."
struct ControlWait {
  std::chrono::milliseconds at_most{0};
};

using ControlOutcome = std::variant<Json, ControlError, ControlWait>;

class ControlHandler {
 public:
  ControlHandler() = default;
  ControlHandler(const ControlHandler&) = delete;
  ControlHandler& operator=(const ControlHandler&) = delete;
  virtual ~ControlHandler() = default;

  // By several workers at once. A ControlWait in answer to a final request is an empty answer.
  // What it throws (nlohmann's type errors) becomes an internal error.
  virtual ControlOutcome handle(const ControlRequest& request) = 0;
};

class ControlServer {
 public:
  // Listens when it returns. Makes the folder (0750) and the socket (0660); see control_path.h for
  // what is refused. `context` and `handler` outlive the server.
  static Result<std::unique_ptr<ControlServer>> start(Context& context,
                                                      const std::string& socket_path,
                                                      ControlHandler& handler);

  ControlServer(const ControlServer&) = delete;
  ControlServer& operator=(const ControlServer&) = delete;
  // Requests being handled are finished; the others are dropped.
  ~ControlServer();

  // Something happened that parked requests may wait for. Any thread; does not block.
  void notify();

 private:
  using Clock = std::chrono::steady_clock;

  struct Task {
    RouteId route;
    ControlRequest request;
    Clock::time_point deadline{};  // of a parked one
    std::uint64_t events_seen = 0;
  };

  struct Done {
    Task task;
    ControlOutcome outcome;
  };

  ControlServer(Socket socket, int wake_fd, ControlHandler& handler);

  void start_threads();
  void serve();
  void work();
  void receive();
  void finish(Done done);
  void requeue_parked();
  [[nodiscard]] int wait_ms() const;
  [[nodiscard]] ControlOutcome ask_handler(const ControlRequest& request) const;
  // False if too many requests wait.
  bool post(Task task);
  void reply(const RouteId& route, const ControlAnswer& answer);
  void wake() const;

  // The socket thread's own.
  Socket socket_;
  std::vector<Task> parked_;

  const int wake_fd_;
  ControlHandler& handler_;
  std::mutex mutex_;
  std::condition_variable posted_;
  std::deque<Task> tasks_;
  std::deque<Done> done_;
  std::uint64_t events_ = 0;  // calls of notify()
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace quotemill::transport
