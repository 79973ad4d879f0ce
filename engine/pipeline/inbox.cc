#include "engine/pipeline/inbox.h"

#include <algorithm>
#include <chrono>
#include <iterator>

#include "engine/base/limits.h"

namespace quotemill {
namespace {

std::size_t bytes_of(const Submission& submission) {
  return submission.item.size() + submission.boot_log.size();
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
    items_.push_back(std::move(submission));
  }
  changed_.notify_one();
  return {};
}

std::vector<Submission> Inbox::take() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return closed_ || !items_.empty(); });
  // The first item is there: give others a moment to join it.
  changed_.wait_for(lock, std::chrono::milliseconds(age_ms_max_),
                    [this] { return closed_ || items_.size() >= limits::kBatchItemsMax; });
  const std::size_t count = std::min(items_.size(), limits::kBatchItemsMax);
  const auto end = std::next(items_.begin(), static_cast<std::ptrdiff_t>(count));
  std::vector<Submission> batch(std::make_move_iterator(items_.begin()),
                                std::make_move_iterator(end));
  items_.erase(items_.begin(), end);
  for (const Submission& submission : batch) {
    bytes_ -= bytes_of(submission);
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
