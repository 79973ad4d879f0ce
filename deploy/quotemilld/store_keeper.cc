#include "deploy/quotemilld/store_keeper.h"

#include <algorithm>
#include <chrono>
#include <utility>

namespace quotemill::daemon {
namespace {

constexpr std::chrono::seconds kStep{10};
constexpr std::int64_t kFirstLookMs = 3'600'000;

}  // namespace

StoreKeeper::StoreKeeper(storage::RocksStore& store, const Clock& clock, std::int64_t look_every_ms,
                         Report report)
    : store_(store),
      clock_(clock),
      look_every_ms_(look_every_ms),
      report_(std::move(report)),
      thread_([this] { run(); }) {}

StoreKeeper::~StoreKeeper() {
  {
    const std::lock_guard lock(mutex_);
    is_over_ = true;
  }
  ended_.notify_all();
  thread_.join();
}

void StoreKeeper::run() {
  BootTime before = clock_.now().boot;
  BootTime next{before.ms + std::min(kFirstLookMs, look_every_ms_)};
  std::unique_lock lock(mutex_);
  while (!ended_.wait_for(lock, kStep, [this] { return is_over_; })) {
    lock.unlock();
    const BootTime now = clock_.now().boot;
    store_.grow_older(now.ms - before.ms);
    before = now;
    if (now >= next) {
      look();
      next = {clock_.now().boot.ms + look_every_ms_};
    }
    lock.lock();
  }
}

void StoreKeeper::look() {
  const Result<std::uint64_t> found = store_.collect_logs();
  if (!found) {
    report_(true, "boot logs are not collected: " + found.error().to_string());
  } else if (*found != 0) {
    report_(false, std::to_string(*found) + " boot logs are not needed any more, and go");
  }
}

}  // namespace quotemill::daemon
