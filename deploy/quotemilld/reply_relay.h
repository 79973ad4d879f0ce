// ReplyRelay: carries the committer's replies to a server that is made after it, and goes before
// it.
#pragma once

#include <mutex>
#include <utility>
#include <vector>

#include "engine/ports/reply_sink.h"

namespace quotemill::daemon {

// Any thread.
class ReplyRelay final : public ReplySink {
 public:
  void deliver(std::vector<Reply> replies) override {
    const std::lock_guard lock(mutex_);
    if (server_ != nullptr) {
      server_->deliver(std::move(replies));
    }
  }

  // Borrowed; null before it is there and when it goes.
  void connect(ReplySink* server) {
    const std::lock_guard lock(mutex_);
    server_ = server;
  }

 private:
  std::mutex mutex_;
  ReplySink* server_ = nullptr;
};

}  // namespace quotemill::daemon
