// SinkRunner: carries the stream to one sink, at least once, in order, at its own pace.
//
// A thread that takes what its feed has next, delivers it, and moves the cursor. A sink that is
// down is tried again after a growing, jittered pause, or when the receiver wants it; it holds up
// nobody else, and catches up when it is back. What the receiver refuses for good goes to the dead
// letters.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <random>
#include <string>
#include <thread>

#include "engine/ports/clock.h"
#include "engine/ports/history.h"
#include "transport/sinks/dead_letters.h"
#include "transport/sinks/sink.h"
#include "transport/sinks/sink_feed.h"
#include "transport/socket/rate_limiter.h"

namespace quotemill::transport {

struct SinkRunnerOptions {
  std::string name;
  SinkFeedOptions feed;
  std::string dead_letter_path;
  std::uint64_t per_second = 0;  // changes, in the long run; 0: as fast as the receiver takes them
  std::chrono::milliseconds pause_min{500};
  std::chrono::milliseconds pause_max{60'000};
};

// Any thread.
struct SinkCounters {
  std::atomic<std::uint64_t> delivered{0};  // events
  std::atomic<std::uint64_t> filtered{0};   // changes that it does not want
  std::atomic<std::uint64_t> refused{0};    // events that went to the dead letters
  std::atomic<std::uint64_t> failures{0};   // deliveries that were tried again
  std::atomic<std::uint64_t> next{1};       // its cursor
  std::atomic<std::uint64_t> kept{1};       // where it goes on after a crash, `next` or before
  std::atomic<std::int64_t> oldest_ms{0};   // wall time of the first change behind it; 0: none
  std::atomic<bool> is_down{false};
};

enum class SinkNews : std::uint8_t {
  kDown,
  kUp,
  kLost,     // changes that it never gets, or a cursor that was ahead
  kRefused,  // the receiver refused events for good
};

class SinkRunner {
 public:
  // What an operator should hear. Three of a kind at once, then one a minute.
  using Log = std::function<void(SinkNews news, const std::string& text)>;

  // Starts the thread. History and clock are borrowed.
  SinkRunner(SinkRunnerOptions options, const History& history, const Clock& clock,
             std::unique_ptr<Sink> sink, Log log);
  // Stops: what is being delivered is finished.
  ~SinkRunner();
  SinkRunner(const SinkRunner&) = delete;
  SinkRunner& operator=(const SinkRunner&) = delete;

  // There are new changes. Any thread; does not block.
  void notify();

  // To be delivered beside the changes. Any thread; does not block.
  void tell(Notice notice);

  [[nodiscard]] const SinkCounters& counters() const { return counters_; }

  [[nodiscard]] const std::string& name() const { return options_.name; }

 private:
  void run();
  // Whether there may be more at once.
  Result<bool> step();
  Result<void> deliver(const SinkBatch& batch);
  void count_position();
  void rest(std::chrono::milliseconds pause, bool until_notified);
  void note(const Result<bool>& outcome);
  void say(SinkNews news, const std::string& text);
  std::chrono::milliseconds next_pause();
  [[nodiscard]] std::size_t changes_max() const;
  [[nodiscard]] std::chrono::milliseconds pace(std::size_t changes) const;

  const SinkRunnerOptions options_;
  const Clock& clock_;
  const std::unique_ptr<Sink> sink_;
  const Log log_;
  SinkFeed feed_;
  DeadLetters dead_letters_;
  SinkCounters counters_;
  RateLimiter said_;  // by kind of news
  std::mt19937 random_;
  std::chrono::milliseconds pause_{0};

  std::mutex mutex_;
  std::condition_variable changed_;
  bool notified_ = false;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace quotemill::transport
