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

}  // namespace

Inbox::Inbox(std::size_t items_max, std::size_t bytes_max, unsigned age_ms_max,
             unsigned rest_ms_max)
    : items_max_(items_max),
      bytes_max_(bytes_max),
      age_ms_max_(age_ms_max),
      rest_ms_max_(rest_ms_max) {}

bool Inbox::has_place(bool again) const {
  const std::size_t kept = again ? 0 : items_max_ / limits::kInboxAgainPart;
  return batched_.items.size() + large_.items.size() < items_max_ - kept;
}

bool Inbox::has_room_for(std::size_t bytes, bool is_large) const {
  const std::size_t kept = is_large ? bytes_max_ / limits::kInboxBatchedPart : 0;
  const std::size_t used = batched_.bytes + large_.bytes;
  return used <= bytes_max_ - kept && bytes <= bytes_max_ - kept - used;
}

bool Inbox::is_full_batch() const {
  return batched_.items.size() >= limits::kBatchItemsMax ||
         batched_.bytes >= limits::kBatchBytesMax;
}

Result<void> Inbox::offer(Submission&& submission) {
  const std::size_t bytes = bytes_of(submission);
  const bool is_large = bytes > limits::kBatchedItemSizeMax;
  {
    const std::lock_guard lock(mutex_);
    if (closed_) {
      return Error{ErrorCode::kExpired, "inbox"};
    }
    if (!has_place(submission.again) || !has_room_for(bytes, is_large)) {
      return Error{ErrorCode::kBusy, "inbox"};
    }
    Queue& queue = is_large ? large_ : batched_;
    queue.bytes += bytes;
    queue.items.push_back({std::move(submission), std::chrono::steady_clock::now()});
  }
  (is_large ? large_came_ : batched_came_).notify_one();
  return {};
}

bool Inbox::has_room(std::size_t bytes, bool again) const {
  const std::lock_guard lock(mutex_);
  return !closed_ && has_place(again) && has_room_for(bytes, bytes > limits::kBatchedItemSizeMax);
}

Submission Inbox::pop(Queue& queue, std::chrono::steady_clock::time_point now,
                      DurationHistogram* times) {
  Waiting first = std::move(queue.items.front());
  queue.items.pop_front();
  queue.bytes -= bytes_of(first.submission);
  if (times != nullptr) {
    times->observe(std::chrono::duration_cast<std::chrono::microseconds>(now - first.since));
  }
  return std::move(first.submission);
}

std::vector<Submission> Inbox::take(DurationHistogram* times) {
  std::unique_lock lock(mutex_);
  std::deque<Waiting>& items = batched_.items;
  batched_came_.wait(lock, [&] { return closed_ || !items.empty(); });
  // The first item is there: give others a moment to join it, unless it has waited already. With
  // nothing before it that takes time, it goes alone: others gather while it is on its way.
  while (!closed_ && !is_full_batch()) {
    const unsigned age_ms = on_their_way_ == 0 ? rest_ms_max_ : age_ms_max_;
    const auto due = items.front().since + std::chrono::milliseconds(age_ms);
    if (std::chrono::steady_clock::now() >= due) {
      break;
    }
    batched_came_.wait_until(lock, due);
  }
  const auto now = std::chrono::steady_clock::now();
  std::vector<Submission> batch;
  batch.reserve(std::min(items.size(), limits::kBatchItemsMax));
  for (std::size_t bytes = 0;
       !items.empty() && batch.size() < limits::kBatchItemsMax && bytes < limits::kBatchBytesMax;) {
    batch.push_back(pop(batched_, now, times));
    bytes += bytes_of(batch.back());
  }
  if (!batch.empty()) {
    ++on_their_way_;
  }
  return batch;
}

void Inbox::finished() {
  {
    const std::lock_guard lock(mutex_);
    --on_their_way_;
  }
  batched_came_.notify_one();
}

std::optional<Submission> Inbox::take_large(DurationHistogram* times) {
  std::unique_lock lock(mutex_);
  large_came_.wait(lock, [this] { return closed_ || !large_.items.empty(); });
  if (large_.items.empty()) {
    return std::nullopt;
  }
  return pop(large_, std::chrono::steady_clock::now(), times);
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
  return batched_.items.size() + large_.items.size();
}

}  // namespace quotemill
