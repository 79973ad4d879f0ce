// CountingReplies: a ReplySink that counts receipts and everything else, and can be waited for.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>

#include "engine/ports/reply_sink.h"

namespace quotemill::bench {

// Any thread.
class CountingReplies final : public ReplySink {
 public:
  void deliver(std::vector<Reply> replies) override {
    {
      const std::lock_guard lock(mutex_);
      for (const Reply& reply : replies) {
        ++(reply.kind == ReplyKind::kReceipt ? receipts_ : others_);
      }
    }
    delivered_.notify_all();
  }

  // Until this many replies, of whatever kind, were delivered since the program began.
  void wait_for(std::uint64_t replies) {
    std::unique_lock lock(mutex_);
    delivered_.wait(lock, [&] { return receipts_ + others_ >= replies; });
  }

  void wait_for_receipts(std::uint64_t receipts) {
    std::unique_lock lock(mutex_);
    delivered_.wait(lock, [&] { return receipts_ >= receipts; });
  }

  [[nodiscard]] std::uint64_t receipts() const {
    const std::lock_guard lock(mutex_);
    return receipts_;
  }

  // Requests for a log, and errors.
  [[nodiscard]] std::uint64_t others() const {
    const std::lock_guard lock(mutex_);
    return others_;
  }

 private:
  mutable std::mutex mutex_;
  std::condition_variable delivered_;
  std::uint64_t receipts_ = 0;
  std::uint64_t others_ = 0;
};

}  // namespace quotemill::bench
