// SinkRunner: carries the stream to one sink, at least once, in order, at its own pace.
//
// A thread that takes what its feed has next, delivers it, and moves the cursor. A sink that is
// down is tried again after a growing, jittered pause, or when the receiver wants it; it holds up
// nobody else, and catches up when it is back. What the receiver refuses for good goes to the dead
// letters.
#pragma once

#include <array>
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
#include "transport/sinks/sink_cause.h"
#include "transport/sinks/sink_feed.h"

namespace quotemill::transport {

struct SinkRunnerOptions {
  std::string name;
  SinkFeedOptions feed;
  std::string dead_letter_path;
  std::uint64_t dead_letter_bytes = 16 * 1024 * 1024;  // of a file, of which five are kept
  std::uint64_t per_second =
      0;  // changes and acts, in the long run; 0: as fast as the receiver takes them
  std::chrono::milliseconds pause_min{500};
  std::chrono::milliseconds pause_max{60'000};
};

// Any thread.
struct SinkCounters {
  std::atomic<std::uint64_t> delivered{0};        // events
  std::atomic<std::uint64_t> filtered{0};         // changes that it does not want
  std::atomic<std::uint64_t> held{0};             // changes of hosts that flap: told as a number
  std::atomic<std::uint64_t> refused{0};          // events that went to the dead letters
  std::atomic<std::uint64_t> letters_dropped{0};  // dead letters that went for newer ones
  std::atomic<std::uint64_t> failures{0};         // deliveries that were tried again
  std::array<std::atomic<std::uint64_t>, kSinkCauses.size()> causes{};  // of them, by cause
  std::atomic<std::uint64_t> next{1};                                   // its cursor
  std::atomic<std::uint64_t> next_act{0};  // the same of acts; 0 if it does not want them
  std::atomic<std::uint64_t> kept{1};      // what it reads after a crash, from `next` on or before
  std::atomic<std::int64_t> oldest_ms{0};  // wall time of the first of both behind it; 0: none
  std::atomic<bool> is_down{false};
};

// How many changes and acts it does not have, of a stream that ends with these.
std::uint64_t lag_of(const SinkCounters& counters, std::uint64_t last_change,
                     std::uint64_t last_act);

enum class SinkNews : std::uint8_t {
  kDown,
  kUp,
  kLost,     // what it never gets or nobody has any more, or a cursor that was ahead
  kRefused,  // the receiver refused events for good
};

class SinkRunner {
 public:
  // What an operator should hear: all of it, however often. The sink's thread; must not block.
  using Log = std::function<void(SinkNews news, const std::string& text)>;

  // Starts the thread. Store and clock are borrowed.
  SinkRunner(SinkRunnerOptions options, const SinkStore& store, const Clock& clock,
             std::unique_ptr<Sink> sink, Log log);
  // Stops: the request that is under way is finished.
  ~SinkRunner();
  SinkRunner(const SinkRunner&) = delete;
  SinkRunner& operator=(const SinkRunner&) = delete;

  // Makes it stop, and does not wait for that. Any thread.
  void begin_to_stop();

  // There are new changes. Any thread; does not block.
  void notify();

  [[nodiscard]] const SinkCounters& counters() const { return counters_; }

  [[nodiscard]] const std::string& name() const { return options_.name; }

 private:
  void run();
  // Whether there may be more at once.
  Result<bool> step();
  Result<void> deliver(const SinkBatch& batch);
  // To the dead letters. REQUIRES: some are refused
  Result<void> bury(std::span<const RenderedEvent> events, std::span<const Refusal> refused);
  void count_position();
  void rest(std::chrono::milliseconds pause, bool until_notified);
  void note(const Result<bool>& outcome);
  std::chrono::milliseconds next_pause();
  [[nodiscard]] std::size_t batch_max() const;
  [[nodiscard]] std::chrono::milliseconds pace(const SinkBatch& batch) const;

  const SinkRunnerOptions options_;
  const Clock& clock_;
  const std::unique_ptr<Sink> sink_;
  const Log log_;
  SinkFeed feed_;
  DeadLetters dead_letters_;
  SinkCounters counters_;
  std::mt19937 random_;
  std::chrono::milliseconds pause_{0};

  std::mutex mutex_;
  std::condition_variable changed_;
  bool notified_ = false;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace quotemill::transport
