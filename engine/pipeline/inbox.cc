#include "engine/pipeline/inbox.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "engine/pipeline/limits.h"

namespace quotemill {
namespace {

std::size_t bytes_of(const Submission& submission) {
  return submission.item.size() + submission.boot_log.size() + submission.runtime_list.size();
}

void observe(DurationHistogram* times, std::chrono::steady_clock::duration waited) {
  if (times != nullptr) {
    times->observe(std::chrono::duration_cast<std::chrono::microseconds>(waited));
  }
}

}  // namespace

Inbox::Inbox(std::size_t items_max, std::size_t bytes_max, unsigned age_ms_max,
             unsigned rest_ms_max)
    : items_max_(items_max),
      bytes_max_(bytes_max),
      age_ms_max_(age_ms_max),
      rest_ms_max_(rest_ms_max) {}

bool Inbox::Gathered::is_full() const {
  return items.size() >= limits::kBatchItemsMax || bytes >= limits::kBatchBytesMax;
}

bool Inbox::has_place(bool again) const {
  const std::size_t kept = again ? 0 : items_max_ / limits::kInboxAgainPart;
  return items_ < items_max_ - kept;
}

bool Inbox::has_room_for(std::size_t bytes, bool is_large) const {
  const std::size_t kept = is_large ? bytes_max_ / limits::kInboxBatchedPart : 0;
  return bytes_ <= bytes_max_ - kept && bytes <= bytes_max_ - kept - bytes_;
}

void Inbox::gather(Submission&& submission, std::size_t bytes) {
  if (batches_.empty() || batches_.back().is_full()) {
    batches_.emplace_back();
  }
  Gathered& batch = batches_.back();
  batch.items.push_back(std::move(submission));
  batch.since.push_back(std::chrono::steady_clock::now());
  batch.bytes += bytes;
}

Result<void> Inbox::offer(Submission&& submission) {
  const std::size_t bytes = bytes_of(submission);
  const bool is_large = bytes > limits::kBatchedItemSizeMax;
  bool wakes = is_large;
  {
    const std::lock_guard lock(mutex_);
    if (closed_) {
      return Error{ErrorCode::kExpired, "inbox"};
    }
    if (!has_place(submission.again) || !has_room_for(bytes, is_large)) {
      return Error{ErrorCode::kBusy, "inbox"};
    }
    ++items_;
    bytes_ += bytes;
    if (is_large) {
      large_.push_back({std::move(submission), std::chrono::steady_clock::now()});
    } else {
      gather(std::move(submission), bytes);
      wakes = wanted_ == Wanted::kAny || (wanted_ == Wanted::kDue && batches_.front().is_full());
      wanted_ = wakes ? Wanted::kNothing : wanted_;
    }
  }
  if (wakes) {
    (is_large ? large_came_ : batched_came_).notify_one();
  }
  return {};
}

bool Inbox::has_room(std::size_t bytes, bool again) const {
  const std::lock_guard lock(mutex_);
  return !closed_ && has_place(again) && has_room_for(bytes, bytes > limits::kBatchedItemSizeMax);
}

// When the first batch goes, full or not. The first item is there: others get a moment to join it,
// unless it has waited already. With nothing before it that takes time, it goes alone: others
// gather while it is on its way. None: not before another one is through.
std::optional<Inbox::Time> Inbox::due() const {
  if (on_their_way_ >= limits::kBatchesAhead) {
    return std::nullopt;
  }
  const unsigned age_ms = on_their_way_ == 0 ? rest_ms_max_ : age_ms_max_;
  return batches_.front().since.front() + std::chrono::milliseconds(age_ms);
}

void Inbox::wait_until_due(std::unique_lock<std::mutex>& lock) {
  while (!closed_ && (batches_.empty() || !batches_.front().is_full())) {
    if (batches_.empty()) {
      wanted_ = Wanted::kAny;
      batched_came_.wait(lock);
      continue;
    }
    const std::optional<Time> due_at = due();
    if (due_at && std::chrono::steady_clock::now() >= *due_at) {
      break;
    }
    wanted_ = Wanted::kDue;
    if (due_at) {
      batched_came_.wait_until(lock, *due_at);
    } else {
      batched_came_.wait(lock);
    }
  }
  wanted_ = Wanted::kNothing;
}

std::vector<Submission> Inbox::take(DurationHistogram* times) {
  Gathered batch;
  {
    std::unique_lock lock(mutex_);
    wait_until_due(lock);
    if (batches_.empty()) {
      return {};
    }
    batch = std::move(batches_.front());
    batches_.pop_front();
    items_ -= batch.items.size();
    bytes_ -= batch.bytes;
    ++on_their_way_;
  }
  const Time now = std::chrono::steady_clock::now();
  for (const Time since : batch.since) {
    observe(times, now - since);
  }
  return std::move(batch.items);
}

void Inbox::finished() {
  bool wakes = false;
  {
    const std::lock_guard lock(mutex_);
    --on_their_way_;
    wakes = wanted_ == Wanted::kDue;
    wanted_ = wakes ? Wanted::kNothing : wanted_;
  }
  if (wakes) {
    batched_came_.notify_one();
  }
}

std::optional<Submission> Inbox::take_large(DurationHistogram* times) {
  std::unique_lock lock(mutex_);
  large_came_.wait(lock, [this] { return closed_ || !large_.empty(); });
  if (large_.empty()) {
    return std::nullopt;
  }
  Large first = std::move(large_.front());
  large_.pop_front();
  --items_;
  bytes_ -= bytes_of(first.submission);
  observe(times, std::chrono::steady_clock::now() - first.since);
  return std::move(first.submission);
}

void Inbox::close() {
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
  }
  batched_came_.notify_all();
  large_came_.notify_all();
}

std::size_t Inbox::depth() const {
  const std::lock_guard lock(mutex_);
  return items_;
}

}  // namespace quotemill
