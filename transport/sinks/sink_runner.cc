#include "transport/sinks/sink_runner.h"

#include <algorithm>
#include <utility>

#include "engine/base/limits.h"

namespace quotemill::transport {
namespace {

constexpr std::chrono::milliseconds kIdle{1'000};
constexpr Rate kNewsRate{1.0 / 60, 3};
constexpr std::size_t kNewsKinds = 4;

}  // namespace

SinkRunner::SinkRunner(SinkRunnerOptions options, const History& history, const Clock& clock,
                       std::unique_ptr<Sink> sink, Log log)
    : options_(std::move(options)),
      clock_(clock),
      sink_(std::move(sink)),
      log_(std::move(log)),
      feed_(options_.feed, history,
            [this](const std::string& text) { say(SinkNews::kLost, text); }),
      dead_letters_(options_.dead_letter_path),
      said_(kNewsRate, kNewsKinds),
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

void SinkRunner::tell(Notice notice) {
  feed_.tell(std::move(notice));
  notify();
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
  }
  if (counters_.is_down.exchange(is_down, std::memory_order_relaxed) != is_down) {
    say(is_down ? SinkNews::kDown : SinkNews::kUp,
        is_down ? outcome.error().to_string() : "delivers again");
  }
}

void SinkRunner::say(SinkNews news, const std::string& text) {
  const std::string kind = std::to_string(static_cast<int>(news));
  if (said_.allow(kind, clock_.now().boot.ms)) {
    log_(news, text);
  }
}

// A second's worth at most, so that the pace is even.
std::size_t SinkRunner::changes_max() const {
  return options_.per_second == 0
             ? limits::kSinkBatchMax
             : std::min<std::size_t>(limits::kSinkBatchMax, options_.per_second);
}

std::chrono::milliseconds SinkRunner::pace(std::size_t changes) const {
  return std::chrono::milliseconds(
      options_.per_second == 0 ? 0 : 1'000 * changes / options_.per_second);
}

void SinkRunner::count_position() {
  counters_.next.store(feed_.position().next, std::memory_order_relaxed);
  counters_.kept.store(feed_.kept().next, std::memory_order_relaxed);
}

Result<bool> SinkRunner::step() {
  const Result<SinkBatch> batch = feed_.next(clock_.now().wall, changes_max());
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
  rest(pace(batch->changes.size()), false);
  return batch->has_more;
}

Result<void> SinkRunner::deliver(const SinkBatch& batch) {
  if (!batch.events.empty()) {
    const Result<std::vector<Refusal>> refused = sink_->deliver(batch.events);
    if (!refused) {
      return refused.error();
    }
    if (!refused->empty()) {
      if (Result<void> kept = dead_letters_.add(batch.events, *refused, clock_.now().wall); !kept) {
        return kept;
      }
      counters_.refused.fetch_add(refused->size(), std::memory_order_relaxed);
      say(SinkNews::kRefused, std::to_string(refused->size()) +
                                  " events went to the dead letters: " + refused->front().reason);
    }
    counters_.delivered.fetch_add(batch.events.size() - refused->size(), std::memory_order_relaxed);
  }
  counters_.filtered.fetch_add(batch.filtered, std::memory_order_relaxed);
  return feed_.done(batch, clock_.now().wall);
}

}  // namespace quotemill::transport
