#include "engine/pipeline/inbox.h"

#include <algorithm>
#include <chrono>

#include "engine/base/limits.h"

namespace quotemill {
namespace {

std::size_t bytes_of(const Submission& submission) {
  return submission.item.size() + submission.boot_log.size() + submission.runtime_list.size();
}

}  // namespace

Inbox::Inbox(std::size_t items_max, std::size_t bytes_max, unsigned age_ms_max)
    : items_max_(items_max), bytes_max_(bytes_max), age_ms_max_(age_ms_max) {}

Result<void> Inbox::offer(Submission&& submission) {
  {
    const std::lock_guard lock(mutex_);
    if (closed_) {
      return Error{ErrorCode::kExpired, "inbox"};
    }
    const std::size_t bytes = bytes_of(submission);
    if (items_.size() >= items_max_ || bytes > bytes_max_ - bytes_) {
      return Error{ErrorCode::kBusy, "inbox"};
    }
    bytes_ += bytes;
    items_.push_back({std::move(submission), std::chrono::steady_clock::now()});
  }
  changed_.notify_one();
  return {};
}

std::vector<Submission> Inbox::take(DurationHistogram* times) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return closed_ || !items_.empty(); });
  if (!items_.empty()) {
    // The first item is there: give others a moment to join it, unless it has waited already.
    changed_.wait_until(lock, items_.front().since + std::chrono::milliseconds(age_ms_max_),
                        [this] { return closed_ || items_.size() >= limits::kBatchItemsMax; });
  }
  const std::size_t count = std::min(items_.size(), limits::kBatchItemsMax);
  std::vector<Submission> batch;
  batch.reserve(count);
  const auto now = std::chrono::steady_clock::now();
  for (std::size_t i = 0; i < count; ++i) {
    if (times != nullptr) {
      times->observe(
          std::chrono::duration_cast<std::chrono::microseconds>(now - items_.front().since));
    }
    batch.push_back(std::move(items_.front().submission));
    items_.pop_front();
    bytes_ -= bytes_of(batch.back());
  }
  return batch;
}

void Inbox::close() {
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
  }
  changed_.notify_all();
}

std::size_t Inbox::depth() const {
  const std::lock_guard lock(mutex_);
  return items_.size();
}

}  // namespace quotemill
