// EnrolmentDoor: the daemon's end of the enrolment endpoint.
//
// Starts the door (door_process.h) as a child of its own program, hands it the CURVE secret over a
// socketpair, answers what it passes on, and starts it again, later and later, whenever it dies or
// falls silent. Enrolment may pause; nothing else notices.
//
// Threads: one that supervises (it spawns the child, which lives no longer than this thread), and
// `workers` that call the handler.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "engine/base/result.h"
#include "transport/server/door_link.h"
#include "transport/server/server_log.h"
#include "transport/wire/message.h"

namespace quotemill::transport {

struct EnrolmentDoorConfig {
  std::string endpoint;  // "tcp://0.0.0.0:7441"
  CurveSecret secret_key{};
  DoorLimits limits = {};
  unsigned workers = 4;  // each waits for one durable write at a time
  std::vector<std::string> command = {"/proc/self/exe", "--enrolment-door"};
};

struct EnrolmentDoorCounters {
  std::atomic<std::uint64_t> requests{0};
  std::atomic<std::uint64_t> malformed{0};  // an envelope of ours around nonsense
  std::atomic<std::uint64_t> busy{0};       // more than the workers can do
  std::atomic<std::uint64_t> replies_dropped{0};
  std::atomic<std::uint64_t> restarts{0};
};

class EnrolmentDoor {
 public:
  // The reply to a message of the client with this CURVE key; on a worker's thread, may block.
  using Handler = std::function<MessageBody(const CurveKey& client, const MessageBody& message)>;

  // Returns when the endpoint is bound; the Error says why it could not be.
  static Result<std::unique_ptr<EnrolmentDoor>> open(EnrolmentDoorConfig config, Handler handler,
                                                     LogSink log);

  EnrolmentDoor(const EnrolmentDoor&) = delete;
  EnrolmentDoor& operator=(const EnrolmentDoor&) = delete;
  // Kills the child, waits for it, and for handlers that are at work.
  ~EnrolmentDoor();

  // As bound, with the port that was taken; stays the same when the child is started again.
  [[nodiscard]] std::string endpoint() const;

  // 0 while there is none.
  [[nodiscard]] pid_t pid() const { return pid_; }

  [[nodiscard]] const EnrolmentDoorCounters& counters() const { return counters_; }

  // What the child last said of itself.
  [[nodiscard]] DoorStatus status() const;

 private:
  // What a worker is to answer; the link keeps its child's end alive.
  struct Job {
    DoorRequest request;
    std::shared_ptr<DoorLink> link;
  };

  EnrolmentDoor(EnrolmentDoorConfig config, Handler handler, LogSink log);

  void supervise();
  bool start_child();
  void serve_child();
  bool take_packets();
  void handle(DoorPacket packet);
  void enqueue(DoorRequest request);
  void end_child();
  bool sleep_unless_stopped(std::int64_t ms);
  [[nodiscard]] bool is_stopping() const;
  void first_outcome(std::optional<Error> error);

  void work();
  void answer(const Job& job);

  void log(LogLevel level, std::string_view text) const;

  EnrolmentDoorConfig config_;
  const Handler handler_;
  const LogSink log_;
  EnrolmentDoorCounters counters_;
  int stop_fd_ = -1;

  // The supervisor's own.
  std::shared_ptr<DoorLink> link_;
  std::int64_t heard_ms_ = 0;
  bool ready_ = false;
  std::atomic<pid_t> pid_{0};

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Job> jobs_;
  bool stopping_ = false;
  bool opened_ = false;  // the first attempt has an outcome
  std::optional<Error> failure_;
  std::string endpoint_;
  DoorStatus status_;

  std::vector<std::thread> workers_;
  std::thread supervisor_;
};

}  // namespace quotemill::transport
