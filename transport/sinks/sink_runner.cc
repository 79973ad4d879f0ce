#include "transport/sinks/sink_runner.h"

#include <algorithm>
#include <utility>

namespace quotemill::transport {
namespace {

constexpr std::size_t kBatchMax = 256;
constexpr std::chrono::milliseconds kIdle{1'000};

}  // namespace

bool SinkFilter::takes(const Change& change) const {
  return (states.empty() ||
          std::find(states.begin(), states.end(), change.current) != states.end()) &&
         !(without_maintenance && change.in_maintenance);
}

SinkRunner::SinkRunner(SinkRunnerOptions options, const History& history,
                       std::unique_ptr<Sink> sink, Log log)
    : options_(std::move(options)),
      history_(history),
      sink_(std::move(sink)),
      log_(std::move(log)),
      random_(std::random_device()()),
      thread_([this] { run(); }) {}

SinkRunner::~SinkRunner() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void SinkRunner::notify() {
  {
    const std::lock_guard lock(mutex_);
    notified_ = true;
  }
  changed_.notify_all();
}

void SinkRunner::run() {
  while (true) {
    {
      const std::lock_guard lock(mutex_);
      if (stopping_) {
        return;
      }
      notified_ = false;
    }
    const Result<bool> more = step();
    note(more);
    if (!more) {
      rest(next_pause(), false);
    } else {
      pause_ = std::chrono::milliseconds(0);
      if (!*more) {
        rest(kIdle, true);
      }
    }
  }
}

void SinkRunner::rest(std::chrono::milliseconds pause, bool until_notified) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, pause, [&] { return stopping_ || (until_notified && notified_); });
}

// Doubles up to the longest, and differs, so that sinks that failed together do not come together.
std::chrono::milliseconds SinkRunner::next_pause() {
  pause_ = std::clamp(pause_ * 2, options_.pause_min, options_.pause_max);
  return pause_ / 2 + std::chrono::milliseconds(static_cast<std::int64_t>(
                          random_() % static_cast<std::uint64_t>(pause_.count() / 2 + 1)));
}

void SinkRunner::note(const Result<bool>& outcome) {
  const bool is_down = !outcome;
  if (is_down) {
    counters_.failures.fetch_add(1, std::memory_order_relaxed);
  }
  if (counters_.is_down.exchange(is_down, std::memory_order_relaxed) != is_down) {
    log_(is_down, is_down ? outcome.error().to_string() : "delivers again");
  }
}

Result<void> SinkRunner::find_position() {
  const Result<StoreStatus> store = history_.status();
  if (!store) {
    return store.error();
  }
  Result<std::optional<SinkPosition>> stored = read_position(options_.cursor_path);
  if (!stored) {
    return stored.error();
  }
  SinkPosition position = stored->value_or(
      SinkPosition{store->stream_id, std::max<std::uint64_t>(store->first_change, 1)});
  if (position.next > store->last_change + 1) {
    log_(true, "its cursor was ahead, at " + std::to_string(position.next) +
                   ", of a stream that ends with " + std::to_string(store->last_change) +
                   ": a backup was restored; it goes on from the end");
    position.next = store->last_change + 1;
  } else if (store->first_change > position.next) {
    log_(true, "changes " + std::to_string(position.next) + " to " +
                   std::to_string(store->first_change - 1) +
                   " are no longer kept, and were not "
                   "delivered");
    position.next = store->first_change;
  }
  position.stream_id = store->stream_id;
  position_ = std::move(position);
  has_position_ = true;
  counters_.next.store(position_.next, std::memory_order_relaxed);
  return {};
}

Result<bool> SinkRunner::step() {
  if (!has_position_) {
    if (Result<void> found = find_position(); !found) {
      return found.error();
    }
  }
  const Result<std::vector<Change>> changes = history_.changes(position_.next, kBatchMax);
  if (!changes) {
    return changes.error();
  }
  if (changes->empty()) {
    return false;
  }
  return deliver(*changes);
}

Result<bool> SinkRunner::deliver(const std::vector<Change>& changes) {
  // The store may have been given a new stream since: events carry the id that it has now.
  const Result<StoreStatus> store = history_.status();
  if (!store) {
    return store.error();
  }
  EventSource source = options_.source;
  source.stream_id = store->stream_id;
  position_.stream_id = store->stream_id;
  std::vector<RenderedEvent> events;
  for (const Change& change : changes) {
    if (options_.filter.takes(change)) {
      events.push_back(render_event(options_.format, source, change));
    }
  }
  if (!events.empty()) {
    if (const auto delivered = sink_->deliver(events); !delivered) {
      return delivered.error();
    }
  }
  counters_.delivered.fetch_add(events.size(), std::memory_order_relaxed);
  counters_.filtered.fetch_add(changes.size() - events.size(), std::memory_order_relaxed);
  if (Result<void> moved = move_to(changes.back().sequence + 1); !moved) {
    return moved.error();
  }
  return changes.size() == kBatchMax;
}

Result<void> SinkRunner::move_to(std::uint64_t next) {
  position_.next = next;
  counters_.next.store(next, std::memory_order_relaxed);
  return write_position(options_.cursor_path, position_);
}

}  // namespace quotemill::transport
