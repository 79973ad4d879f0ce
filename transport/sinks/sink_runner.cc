#include "transport/sinks/sink_runner.h"

#include <algorithm>
#include <utility>

#include "engine/base/limits.h"

namespace quotemill::transport {
namespace {

constexpr std::chrono::milliseconds kIdle{1'000};

std::uint64_t behind(std::uint64_t next, std::uint64_t last) {
  return next > last ? 0 : last + 1 - next;
}

}  // namespace

std::uint64_t lag_of(const SinkCounters& counters, std::uint64_t last_change,
                     std::uint64_t last_act) {
  const std::uint64_t next_act = counters.next_act.load(std::memory_order_relaxed);
  return behind(counters.next.load(std::memory_order_relaxed), last_change) +
         (next_act == 0 ? 0 : behind(next_act, last_act));
}

SinkRunner::SinkRunner(SinkRunnerOptions options, const SinkStore& store, const Clock& clock,
                       std::unique_ptr<Sink> sink, Log log)
    : options_(std::move(options)),
      clock_(clock),
      sink_(std::move(sink)),
      log_(std::move(log)),
      feed_(options_.feed, store, [this](const std::string& text) { log_(SinkNews::kLost, text); }),
      dead_letters_(options_.dead_letter_path, options_.dead_letter_bytes),
      random_(std::random_device()()) {
  counters_.next_act.store(options_.feed.with_audit ? 1 : 0, std::memory_order_relaxed);
  thread_ = std::thread([this] { run(); });
}

SinkRunner::~SinkRunner() {
  begin_to_stop();
  thread_.join();
}

void SinkRunner::begin_to_stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  sink_->interrupt();
  changed_.notify_all();
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
      if (sink_->made_headway()) {
        pause_ = std::chrono::milliseconds(0);
      }
      rest(std::max(next_pause(), sink_->asked_pause()), false);
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
    counters_.causes.at(static_cast<std::size_t>(cause_of(outcome.error())))
        .fetch_add(1, std::memory_order_relaxed);
  }
  if (counters_.is_down.exchange(is_down, std::memory_order_relaxed) != is_down) {
    log_(is_down ? SinkNews::kDown : SinkNews::kUp,
         is_down ? outcome.error().to_string() : "delivers again");
  }
}

// A second's worth at most, so that the pace is even.
std::size_t SinkRunner::batch_max() const {
  return options_.per_second == 0
             ? limits::kSinkBatchMax
             : std::min<std::size_t>(limits::kSinkBatchMax, options_.per_second);
}

std::chrono::milliseconds SinkRunner::pace(const SinkBatch& batch) const {
  return std::chrono::milliseconds(options_.per_second == 0
                                       ? 0
                                       : 1'000 * (batch.changes.size() - batch.held + batch.acts) /
                                             options_.per_second);
}

void SinkRunner::count_position() {
  counters_.next.store(feed_.position().next, std::memory_order_relaxed);
  counters_.kept.store(feed_.kept().needed(), std::memory_order_relaxed);
  if (options_.feed.with_audit) {
    counters_.next_act.store(feed_.position().next_act, std::memory_order_relaxed);
  }
}

Result<bool> SinkRunner::step() {
  if (sink_->wants_again()) {
    feed_.give_again();
  }
  const Result<SinkBatch> batch = feed_.next(clock_.now(), batch_max());
  if (!batch) {
    return batch.error();
  }
  count_position();
  counters_.oldest_ms.store(batch->oldest.value_or(WallTime{}).ms, std::memory_order_relaxed);
  if (batch->is_idle()) {
    return false;
  }
  if (Result<void> delivered = deliver(*batch); !delivered) {
    return delivered.error();
  }
  count_position();
  counters_.oldest_ms.store(0, std::memory_order_relaxed);
  rest(pace(*batch), false);
  return batch->has_more;
}

Result<void> SinkRunner::deliver(const SinkBatch& batch) {
  if (!batch.events.empty()) {
    const Result<std::vector<Refusal>> refused = sink_->deliver(batch.events);
    if (!refused) {
      return refused.error();
    }
    if (!refused->empty()) {
      if (Result<void> kept = bury(batch.events, *refused); !kept) {
        return kept;
      }
    }
    counters_.delivered.fetch_add(batch.events.size() - refused->size(), std::memory_order_relaxed);
  }
  counters_.filtered.fetch_add(batch.filtered, std::memory_order_relaxed);
  counters_.held.fetch_add(batch.held, std::memory_order_relaxed);
  return feed_.done(batch, clock_.now());
}

Result<void> SinkRunner::bury(std::span<const RenderedEvent> events,
                              std::span<const Refusal> refused) {
  const Result<void> kept = dead_letters_.add(events, refused, clock_.now().wall);
  if (const std::uint64_t dropped = dead_letters_.take_dropped(); dropped != 0) {
    counters_.letters_dropped.fetch_add(dropped, std::memory_order_relaxed);
    log_(SinkNews::kLost, std::to_string(dropped) +
                              " of the oldest dead letters were deleted to make room for newer");
  }
  if (kept) {
    counters_.refused.fetch_add(refused.size(), std::memory_order_relaxed);
    log_(SinkNews::kRefused, std::to_string(refused.size()) +
                                 " events went to the dead letters: " + refused.front().reason);
  }
  return kept;
}

}  // namespace quotemill::transport
