// Sinks that remember what they were given, for tests of whoever replies and publishes. Any thread.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/ports/change_sink.h"
#include "engine/ports/reply_sink.h"
#include "tests/support/eventually.h"

namespace quotemill::testing {

class RecordingReplies final : public ReplySink {
 public:
  void deliver(std::vector<Reply> replies) override {
    {
      const std::lock_guard lock(mutex_);
      for (Reply& reply : replies) {
        replies_.push_back(std::move(reply));
      }
    }
    delivered_.notify_all();
  }

  [[nodiscard]] std::vector<Reply> all() const {
    const std::lock_guard lock(mutex_);
    return replies_;
  }

  // Whether `count` replies have come within kPatience.
  [[nodiscard]] bool wait_for(std::size_t count) const {
    std::unique_lock lock(mutex_);
    return delivered_.wait_for(lock, kPatience, [&] { return replies_.size() >= count; });
  }

 private:
  mutable std::mutex mutex_;
  mutable std::condition_variable delivered_;
  std::vector<Reply> replies_;
};

class RecordingChanges final : public ChangeSink {
 public:
  void publish(std::string_view stream_id, std::span<const Change> changes) override {
    const std::lock_guard lock(mutex_);
    stream_id_ = stream_id;
    changes_.insert(changes_.end(), changes.begin(), changes.end());
  }

  [[nodiscard]] std::vector<Change> all() const {
    const std::lock_guard lock(mutex_);
    return changes_;
  }

  [[nodiscard]] std::string stream_id() const {
    const std::lock_guard lock(mutex_);
    return stream_id_;
  }

 private:
  mutable std::mutex mutex_;
  std::string stream_id_;
  std::vector<Change> changes_;
};

}  // namespace quotemill::testing
