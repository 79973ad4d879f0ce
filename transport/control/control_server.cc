#include "transport/control/control_server.h"

#include <algorithm>
#include <exception>
#include <unistd.h>
#include <utility>

#include <sys/eventfd.h>

#include "engine/base/limits.h"
#include "transport/control/control_error.h"
#include "transport/control/control_path.h"

namespace quotemill::transport {

namespace {

constexpr int kWorkers = 2;
constexpr int kReceivesPerTurn = 64;
constexpr int kIdleMs = 1'000;

ControlError too_busy() {
  return {ErrorCode::kBusy, "too many requests are waiting", "try again in a moment"};
}

}  // namespace

Result<std::unique_ptr<ControlServer>> ControlServer::start(Context& context,
                                                            const std::string& socket_path,
                                                            ControlHandler& handler) {
  if (Result<void> prepared = prepare_control_socket(socket_path); !prepared) {
    return prepared.error();
  }
  Result<Socket> socket = Socket::create(
      context, {.type = SocketType::kRouter, .message_size_max = limits::kControlRequestSizeMax});
  if (!socket) {
    return socket.error();
  }
  if (Result<void> bound = socket->bind(control_endpoint(socket_path)); !bound) {
    return bound.error();
  }
  if (Result<void> restricted = restrict_control_socket(socket_path); !restricted) {
    return restricted.error();
  }
  const int wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  if (wake_fd < 0) {
    return Error{ErrorCode::kIo, "eventfd"};
  }
  std::unique_ptr<ControlServer> server(new ControlServer(*std::move(socket), wake_fd, handler));
  server->start_threads();
  return server;
}

ControlServer::ControlServer(Socket socket, int wake_fd, ControlHandler& handler)
    : socket_(std::move(socket)), wake_fd_(wake_fd), handler_(handler) {}

ControlServer::~ControlServer() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  posted_.notify_all();
  wake();
  for (std::thread& thread : threads_) {
    thread.join();
  }
  close(wake_fd_);
}

void ControlServer::start_threads() {
  threads_.emplace_back([this] { serve(); });
  for (int i = 0; i < kWorkers; ++i) {
    threads_.emplace_back([this] { work(); });
  }
}

void ControlServer::notify() {
  {
    const std::lock_guard lock(mutex_);
    ++events_;
  }
  wake();
}

void ControlServer::wake() const {
  const std::uint64_t one = 1;
  // Full means that it is awake.
  [[maybe_unused]] const ssize_t written = write(wake_fd_, &one, sizeof one);
}

void ControlServer::serve() {
  while (true) {
    const Ready ready = wait(socket_, wake_fd_, wait_ms());
    if (ready.wake) {
      std::uint64_t count = 0;
      [[maybe_unused]] const ssize_t got = read(wake_fd_, &count, sizeof count);
    }
    std::deque<Done> done;
    {
      const std::lock_guard lock(mutex_);
      if (stopping_) {
        return;
      }
      done.swap(done_);
    }
    for (Done& one : done) {
      finish(std::move(one));
    }
    requeue_parked();
    receive();
  }
}

int ControlServer::wait_ms() const {
  auto left = std::chrono::milliseconds(socket_.pending() ? 0 : kIdleMs);
  for (const Task& task : parked_) {
    left =
        std::min(left, std::chrono::ceil<std::chrono::milliseconds>(task.deadline - Clock::now()));
  }
  return static_cast<int>(std::max<std::int64_t>(left.count(), 0));
}

void ControlServer::receive() {
  for (int i = 0; i < kReceivesPerTurn && socket_.pending(); ++i) {
    std::optional<Received> received = socket_.receive();
    if (!received) {
      continue;
    }
    Result<ControlRequest> request = decode_request(received->payload);
    if (!request) {
      reply(received->route, control_error(request.error(), "see the manual"));
      continue;
    }
    if (!post({received->route, *std::move(request)})) {
      reply(received->route, too_busy());
    }
  }
}

bool ControlServer::post(Task task) {
  {
    const std::lock_guard lock(mutex_);
    if (tasks_.size() >= limits::kControlRequestsMax) {
      return false;
    }
    task.events_seen = events_;
    tasks_.push_back(std::move(task));
  }
  posted_.notify_one();
  return true;
}

void ControlServer::finish(Done done) {
  if (!std::holds_alternative<ControlWait>(done.outcome)) {
    reply(done.task.route, std::holds_alternative<Json>(done.outcome)
                               ? ControlAnswer(std::get<Json>(std::move(done.outcome)))
                               : ControlAnswer(std::get<ControlError>(std::move(done.outcome))));
    return;
  }
  if (done.task.request.is_final) {
    reply(done.task.route, Json::object());
    return;
  }
  if (parked_.size() >= limits::kControlParkedMax) {
    reply(done.task.route, too_busy());
    return;
  }
  if (done.task.deadline == Clock::time_point{}) {
    done.task.deadline = Clock::now() + std::get<ControlWait>(done.outcome).at_most;
  }
  parked_.push_back(std::move(done.task));
}

// Those whose wait is over, and all for which something happened since their handler looked.
void ControlServer::requeue_parked() {
  const Clock::time_point now = Clock::now();
  std::uint64_t events = 0;
  {
    const std::lock_guard lock(mutex_);
    events = events_;
  }
  std::vector<Task> still_parked;
  for (Task& task : parked_) {
    const bool is_over = task.deadline <= now;
    if (!is_over && task.events_seen == events) {
      still_parked.push_back(std::move(task));
      continue;
    }
    task.request.is_final = is_over;
    const RouteId route = task.route;
    if (!post(std::move(task))) {
      reply(route, too_busy());
    }
  }
  parked_ = std::move(still_parked);
}

void ControlServer::work() {
  while (true) {
    std::unique_lock lock(mutex_);
    posted_.wait(lock, [this] { return stopping_ || !tasks_.empty(); });
    if (stopping_) {
      return;
    }
    Task task = std::move(tasks_.front());
    tasks_.pop_front();
    // What happens from here on may or may not be seen by the handler: then it is asked again.
    task.events_seen = events_;
    lock.unlock();
    ControlOutcome outcome = ask_handler(task.request);
    lock.lock();
    done_.push_back({std::move(task), std::move(outcome)});
    lock.unlock();
    wake();
  }
}

ControlOutcome ControlServer::ask_handler(const ControlRequest& request) const {
  try {
    return handler_.handle(request);
  } catch (const std::exception& failure) {
    return ControlError{ErrorCode::kInternal, failure.what(), "report this as a bug"};
  }
}

void ControlServer::reply(const RouteId& route, const ControlAnswer& answer) {
  // A client that is gone or does not read gets none.
  socket_.send_to(route, as_bytes(encode_answer(answer)));
}

}  // namespace quotemill::transport
