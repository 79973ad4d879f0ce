#include "transport/server/enrolment_door.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <unistd.h>
#include <utility>

#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "transport/server/door_process.h"

namespace quotemill::transport {
namespace {

constexpr std::size_t kJobsMax = 256;
constexpr std::uint32_t kBusyRetryMs = 2'000;
constexpr std::int64_t kBackoffFirstMs = 200;
constexpr std::int64_t kBackoffMaxMs = 10'000;
constexpr std::int64_t kHealthyMs = 30'000;     // alive for so long: start again at once next time
constexpr std::int64_t kSilenceMaxMs = 10'000;  // it speaks every second
constexpr int kPollMs = 500;
constexpr int kPacketsPerTurn = 64;

std::int64_t now_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

// posix_spawn()'s two helpers, destroyed with the object.
class SpawnPlan {
 public:
  SpawnPlan() {
    ::posix_spawn_file_actions_init(&actions_);
    ::posix_spawnattr_init(&attributes_);
  }

  SpawnPlan(const SpawnPlan&) = delete;
  SpawnPlan& operator=(const SpawnPlan&) = delete;

  ~SpawnPlan() {
    ::posix_spawn_file_actions_destroy(&actions_);
    ::posix_spawnattr_destroy(&attributes_);
  }

  // The child gets `fd` as kDoorFd and nothing else of ours; no signal is blocked, and those of the
  // terminal go to us alone.
  bool prepare(int fd) {
    sigset_t none;
    sigset_t all;
    ::sigemptyset(&none);
    ::sigfillset(&all);
    constexpr short kFlags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP;
    return ::posix_spawn_file_actions_adddup2(&actions_, fd, kDoorFd) == 0 &&
           ::posix_spawn_file_actions_addclosefrom_np(&actions_, kDoorFd + 1) == 0 &&
           ::posix_spawnattr_setsigmask(&attributes_, &none) == 0 &&
           ::posix_spawnattr_setsigdefault(&attributes_, &all) == 0 &&
           ::posix_spawnattr_setpgroup(&attributes_, 0) == 0 &&
           ::posix_spawnattr_setflags(&attributes_, kFlags) == 0;
  }

  // 0 if it cannot be started. Its environment is empty: it needs nothing of ours.
  pid_t spawn(std::vector<std::string> command) {
    std::vector<char*> arguments;
    for (std::string& argument : command) {
      arguments.push_back(argument.data());
    }
    arguments.push_back(nullptr);
    std::array<char*, 1> environment = {nullptr};
    pid_t child = 0;
    const int error = ::posix_spawn(&child, arguments[0], &actions_, &attributes_, arguments.data(),
                                    environment.data());
    errno = error;
    return error == 0 ? child : 0;
  }

 private:
  posix_spawn_file_actions_t actions_{};
  posix_spawnattr_t attributes_{};
};

std::string describe_end(int status) {
  if (WIFSIGNALED(status)) {
    return "was ended by signal " + std::to_string(WTERMSIG(status));
  }
  return "ended with status " + std::to_string(WEXITSTATUS(status));
}

}  // namespace

EnrolmentDoor::EnrolmentDoor(EnrolmentDoorConfig config, Handler handler, LogSink log)
    : config_(std::move(config)),
      handler_(std::move(handler)),
      log_(std::move(log)),
      stop_fd_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

Result<std::unique_ptr<EnrolmentDoor>> EnrolmentDoor::open(EnrolmentDoorConfig config,
                                                           Handler handler, LogSink log) {
  std::unique_ptr<EnrolmentDoor> door(
      new EnrolmentDoor(std::move(config), std::move(handler), std::move(log)));
  if (door->stop_fd_ < 0) {
    return Error{ErrorCode::kIo, "enrolment door", 0, "eventfd"};
  }
  for (unsigned i = 0; i < std::max(1U, door->config_.workers); ++i) {
    door->workers_.emplace_back([raw = door.get()] { raw->work(); });
  }
  door->supervisor_ = std::thread([raw = door.get()] { raw->supervise(); });
  std::optional<Error> failure;
  {
    std::unique_lock lock(door->mutex_);
    door->changed_.wait(lock, [&] { return door->opened_; });
    failure = door->failure_;
  }
  if (failure) {
    return *failure;
  }
  return door;
}

EnrolmentDoor::~EnrolmentDoor() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = ::write(stop_fd_, &one, sizeof one);
  if (supervisor_.joinable()) {
    supervisor_.join();
  }
  for (std::thread& worker : workers_) {
    worker.join();
  }
  explicit_bzero(config_.secret_key.data(), config_.secret_key.size());
  if (stop_fd_ >= 0) {
    ::close(stop_fd_);
  }
}

std::string EnrolmentDoor::endpoint() const {
  const std::lock_guard lock(mutex_);
  return endpoint_;
}

DoorStatus EnrolmentDoor::status() const {
  const std::lock_guard lock(mutex_);
  return status_;
}

// --- The supervisor ----------------------------------------------------------------------------

void EnrolmentDoor::supervise() {
  std::int64_t backoff_ms = 0;
  while (sleep_unless_stopped(backoff_ms)) {
    const std::int64_t started_ms = now_ms();
    if (start_child()) {
      serve_child();
    }
    end_child();
    first_outcome(Error{ErrorCode::kIo, "enrolment door", 0, "it ended before it was ready"});
    ++counters_.restarts;
    const bool healthy = now_ms() - started_ms >= kHealthyMs;
    backoff_ms =
        healthy || backoff_ms == 0 ? kBackoffFirstMs : std::min(2 * backoff_ms, kBackoffMaxMs);
  }
}

bool EnrolmentDoor::start_child() {
  std::array<int, 2> pair{};
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair.data()) != 0) {
    log(LogLevel::kError, std::string("socketpair: ") + std::strerror(errno));
    return false;
  }
  link_ = std::make_shared<DoorLink>(pair[0]);
  const DoorLink theirs(pair[1]);  // closed here once the child has it
  SpawnPlan plan;
  const pid_t child = plan.prepare(pair[1]) ? plan.spawn(config_.command) : 0;
  if (child == 0) {
    log(LogLevel::kError, std::string("cannot be started: ") + std::strerror(errno));
    return false;
  }
  pid_ = child;
  ready_ = false;
  heard_ms_ = now_ms();
  return link_->send(DoorConfig{config_.secret_key, config_.endpoint, config_.limits}) ==
         DoorLink::Outcome::kDone;
}

void EnrolmentDoor::serve_child() {
  while (true) {
    std::array<pollfd, 2> waiting = {{{link_->fd(), POLLIN, 0}, {stop_fd_, POLLIN, 0}}};
    ::poll(waiting.data(), waiting.size(), kPollMs);
    if (waiting[1].revents != 0) {
      return;
    }
    if (waiting[0].revents != 0 && !take_packets()) {
      return;
    }
    if (now_ms() - heard_ms_ > kSilenceMaxMs) {
      log(LogLevel::kError, "has fallen silent and is killed");
      return;
    }
  }
}

bool EnrolmentDoor::take_packets() {
  for (int i = 0; i < kPacketsPerTurn; ++i) {
    std::optional<DoorPacket> packet;
    switch (link_->receive(packet)) {
      case DoorLink::Outcome::kEnded:
        return false;
      case DoorLink::Outcome::kNotNow:
        return true;
      case DoorLink::Outcome::kDone:
        break;
    }
    heard_ms_ = now_ms();
    handle(*std::move(packet));
  }
  return true;
}

void EnrolmentDoor::handle(DoorPacket packet) {
  if (auto* request = std::get_if<DoorRequest>(&packet)) {
    enqueue(std::move(*request));
  } else if (const auto* said = std::get_if<DoorStatus>(&packet)) {
    if (said->reopened > status().reopened) {
      log(LogLevel::kWarning, "has reopened its socket: over its bound of memory or connections");
    }
    const std::lock_guard lock(mutex_);
    status_ = *said;
  } else if (const auto* up = std::get_if<DoorReady>(&packet)) {
    {
      const std::lock_guard lock(mutex_);
      endpoint_ = up->endpoint;
      status_ = {};
    }
    ready_ = true;
    config_.endpoint = up->endpoint;
    log(LogLevel::kInfo, "is open at " + up->endpoint);
    first_outcome(std::nullopt);
  } else if (const auto* failed = std::get_if<DoorFailed>(&packet)) {
    log(LogLevel::kError, failed->reason);
    first_outcome(Error{ErrorCode::kIo, "enrolment door", 0, failed->reason});
  }
}

void EnrolmentDoor::enqueue(DoorRequest request) {
  ++counters_.requests;
  {
    const std::lock_guard lock(mutex_);
    if (jobs_.size() < kJobsMax) {
      jobs_.push_back({std::move(request), link_});
      changed_.notify_one();
      return;
    }
  }
  ++counters_.busy;
  link_->send(DoorReply{request.handle,
                        encode_reply(correlation_of(request.frame), BusyMessage{kBusyRetryMs})});
}

void EnrolmentDoor::end_child() {
  link_.reset();
  const pid_t child = pid_.exchange(0);
  if (child == 0) {
    return;
  }
  ::kill(child, SIGKILL);
  int wait_status = 0;
  while (::waitpid(child, &wait_status, 0) < 0 && errno == EINTR) {
  }
  if (!is_stopping()) {
    log(LogLevel::kError, describe_end(wait_status) + (ready_ ? "" : " before it was ready"));
  }
}

bool EnrolmentDoor::is_stopping() const {
  const std::lock_guard lock(mutex_);
  return stopping_;
}

bool EnrolmentDoor::sleep_unless_stopped(std::int64_t ms) {
  pollfd waiting{stop_fd_, POLLIN, 0};
  ::poll(&waiting, 1, static_cast<int>(ms));
  return !is_stopping();
}

// Only the first one counts: it is what open() waits for.
void EnrolmentDoor::first_outcome(std::optional<Error> error) {
  {
    const std::lock_guard lock(mutex_);
    if (opened_) {
      return;
    }
    opened_ = true;
    failure_ = std::move(error);
  }
  changed_.notify_all();
}

void EnrolmentDoor::log(LogLevel level, std::string_view text) const {
  if (log_) {
    log_(level, "", "enrolment door " + std::string(text));
  }
}

// --- The workers -------------------------------------------------------------------------------

void EnrolmentDoor::work() {
  while (true) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return stopping_ || !jobs_.empty(); });
    if (stopping_) {
      return;
    }
    const Job job = std::move(jobs_.front());
    jobs_.pop_front();
    lock.unlock();
    answer(job);
  }
}

void EnrolmentDoor::answer(const Job& job) {
  const Result<Message> message = decode_message(job.request.frame);
  MessageBody reply = ErrorMessage{};
  if (message) {
    reply = handler_(job.request.client, message->body);
  } else {
    ++counters_.malformed;
    reply = ErrorMessage{message.error().code, message.error().context, {}};
  }
  const Bytes frame = encode_reply(correlation_of(job.request.frame), std::move(reply));
  if (job.link->send(DoorReply{job.request.handle, frame}) != DoorLink::Outcome::kDone) {
    ++counters_.replies_dropped;
  }
}

}  // namespace quotemill::transport
