// SinkRunner: carries the change stream to one sink, at least once, in order, at its own pace.
//
// It reads the durable changes behind its cursor, renders and delivers them, and moves the cursor.
// A sink that is down is tried again after a growing, jittered pause; it holds up nobody else, and
// catches up when it is back. A cursor that is ahead of the stream (a backup was restored) goes
// back to the end of the stream, and that is said.
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
#include <vector>

#include "engine/ports/history.h"
#include "transport/siem/event_format.h"
#include "transport/sinks/sink.h"
#include "transport/sinks/sink_cursor.h"

namespace quotemill::transport {

// Which changes a sink wants. Empty: all.
struct SinkFilter {
  std::vector<TrustState> states;  // of the state that a host came to
  bool without_maintenance = false;

  [[nodiscard]] bool takes(const Change& change) const;
};

struct SinkRunnerOptions {
  std::string name;
  EventFormat format = EventFormat::kJson;
  SinkFilter filter;
  std::string cursor_path;
  EventSource source;  // its stream id is the store's
  std::chrono::milliseconds pause_min{500};
  std::chrono::milliseconds pause_max{60'000};
};

// Any thread.
struct SinkCounters {
  std::atomic<std::uint64_t> delivered{0};  // events
  std::atomic<std::uint64_t> filtered{0};   // changes that it does not want
  std::atomic<std::uint64_t> failures{0};   // deliveries that were tried again
  std::atomic<std::uint64_t> next{1};       // its cursor
  std::atomic<bool> is_down{false};
};

class SinkRunner {
 public:
  // What an operator should hear: once when the sink goes down, once when it is back.
  using Log = std::function<void(bool is_bad, const std::string& text)>;

  // Starts the thread. The history is borrowed.
  SinkRunner(SinkRunnerOptions options, const History& history, std::unique_ptr<Sink> sink,
             Log log);
  // Stops: what is being delivered is finished.
  ~SinkRunner();
  SinkRunner(const SinkRunner&) = delete;
  SinkRunner& operator=(const SinkRunner&) = delete;

  // There are new changes. Any thread; does not block.
  void notify();

  [[nodiscard]] const SinkCounters& counters() const { return counters_; }

  [[nodiscard]] const std::string& name() const { return options_.name; }

 private:
  void run();
  Result<void> find_position();
  // Whether there may be more at once.
  Result<bool> step();
  Result<bool> deliver(const std::vector<Change>& changes);
  Result<void> move_to(std::uint64_t next);
  void rest(std::chrono::milliseconds pause, bool until_notified);
  void note(const Result<bool>& outcome);
  std::chrono::milliseconds next_pause();

  const SinkRunnerOptions options_;
  const History& history_;
  const std::unique_ptr<Sink> sink_;
  const Log log_;
  SinkCounters counters_;
  std::mt19937 random_;
  SinkPosition position_;
  bool has_position_ = false;
  std::chrono::milliseconds pause_{0};

  std::mutex mutex_;
  std::condition_variable changed_;
  bool notified_ = false;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace quotemill::transport
