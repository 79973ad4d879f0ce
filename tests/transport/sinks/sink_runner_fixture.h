// A sink that records what it is given and fails as a test wants it to, and its runner.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "storage/memory_store.h"
#include "tests/support/eventually.h"
#include "tests/support/manual_clock.h"
#include "tests/support/temp_folder.h"
#include "transport/render/json.h"
#include "transport/sinks/sink_runner.h"

namespace quotemill::transport {

// What the sink was given, for the test's thread.
struct Received {
  std::mutex mutex;
  std::vector<std::uint64_t> sequences;
  int failures_to_come = 0;
  ErrorCode failure = ErrorCode::kIo;
  std::chrono::milliseconds asked_pause{0};
  bool made_headway = false;
  std::vector<std::chrono::steady_clock::time_point> tries;
  std::uint64_t refused = UINT64_MAX;  // a sequence
  bool refuses_all = false;

  std::vector<std::uint64_t> all() {
    const std::lock_guard lock(mutex);
    return sequences;
  }

  void fail(int times) {
    const std::lock_guard lock(mutex);
    failures_to_come = times;
  }

  // Between its tries.
  std::vector<std::chrono::milliseconds> pauses() {
    const std::lock_guard lock(mutex);
    std::vector<std::chrono::milliseconds> out;
    for (std::size_t i = 1; i < tries.size(); ++i) {
      out.push_back(std::chrono::duration_cast<std::chrono::milliseconds>(tries[i] - tries[i - 1]));
    }
    return out;
  }
};

class RecordingSink final : public Sink {
 public:
  explicit RecordingSink(std::shared_ptr<Received> received) : received_(std::move(received)) {}

  Result<std::vector<Refusal>> deliver(std::span<const RenderedEvent> events) override {
    const std::lock_guard lock(received_->mutex);
    received_->tries.push_back(std::chrono::steady_clock::now());
    if (received_->failures_to_come > 0) {
      --received_->failures_to_come;
      return Error{received_->failure, "sink", 0, "is down because a test wants it to"};
    }
    std::vector<Refusal> refused;
    for (std::size_t index = 0; index < events.size(); ++index) {
      const auto sequence = parse_json(events[index].body)->value("seq", std::uint64_t{0});
      if (sequence == received_->refused || received_->refuses_all) {
        refused.push_back({index, "a test does not want it"});
      } else {
        received_->sequences.push_back(sequence);
      }
    }
    return refused;
  }

  [[nodiscard]] std::chrono::milliseconds asked_pause() const override {
    const std::lock_guard lock(received_->mutex);
    return received_->asked_pause;
  }

  [[nodiscard]] bool made_headway() const override {
    const std::lock_guard lock(received_->mutex);
    return received_->made_headway;
  }

 private:
  const std::shared_ptr<Received> received_;
};

class SinkRunnerTest : public ::testing::Test {
 protected:
  void change(std::uint64_t sequence, TrustState state = TrustState::kFailed,
              bool in_maintenance = false) {
    CommitBatch batch;
    Change change;
    change.sequence = sequence;
    change.host_name = "web-01";
    change.previous = TrustState::kTrusted;
    change.current = state;
    change.time = {1'000};
    change.in_maintenance = in_maintenance;
    batch.changes = {change};
    ASSERT_TRUE(store_.commit(batch));
  }

  void act() {
    CommitBatch batch;
    batch.audit = {next_record(*store_.audit_head(), {"ann", "policy.apply", "prod"}, {1'000})};
    ASSERT_TRUE(store_.commit(batch));
  }

  std::unique_ptr<SinkRunner> start(const SinkFilter& filter = {}, SinkRunnerOptions options = {}) {
    options.name = "test";
    options.feed.cursor_path = cursor_;
    options.feed.filter = filter;
    options.dead_letter_path = dead_letters_;
    options.pause_min = pause_min_;
    options.pause_max = pause_max_;
    return std::make_unique<SinkRunner>(
        std::move(options), SinkStore{store_, store_}, clock_,
        std::make_unique<RecordingSink>(received_), [this](SinkNews news, const std::string& text) {
          const std::lock_guard lock(log_mutex_);
          log_.push_back((news == SinkNews::kUp ? "good: " : "bad: ") + text);
        });
  }

  std::vector<std::string> log() {
    const std::lock_guard lock(log_mutex_);
    return log_;
  }

  // Until it is behind change `last`.
  static void wait_for(const SinkRunner& runner, std::uint64_t last) {
    testing::eventually([&] { return runner.counters().next.load() > last; });
    ASSERT_EQ(runner.counters().next.load(), last + 1);
  }

  testing::TempFolder folder_;
  const std::string cursor_ = folder_ / "test.cursor";
  const std::string dead_letters_ = folder_ / "test.dead.jsonl";
  testing::ManualClock clock_;
  storage::MemoryStore store_;
  const std::shared_ptr<Received> received_ = std::make_shared<Received>();
  std::chrono::milliseconds pause_min_{1};
  std::chrono::milliseconds pause_max_{5};
  std::mutex log_mutex_;
  std::vector<std::string> log_;
  std::unique_ptr<SinkRunner> runner_;
};

}  // namespace quotemill::transport
