#include "deploy/quotemilld/validity_keeper.h"

#include <chrono>
#include <utility>

namespace quotemill::daemon {
namespace {

constexpr std::chrono::seconds kStep{1};

}  // namespace

ValidityKeeper::ValidityKeeper(const TimeSweepParts& parts, Report report)
    : parts_(parts), report_(std::move(report)), thread_([this] { run(); }) {}

ValidityKeeper::~ValidityKeeper() {
  {
    const std::lock_guard lock(mutex_);
    is_over_ = true;
  }
  ended_.notify_all();
  thread_.join();
}

bool ValidityKeeper::is_over() const {
  const std::lock_guard lock(mutex_);
  return is_over_;
}

void ValidityKeeper::run() {
  std::uint64_t seen = 0;
  std::unique_lock lock(mutex_);
  while (!ended_.wait_for(lock, kStep, [this] { return is_over_; })) {
    const std::uint64_t turns = parts_.policies.turns();
    if (turns == seen) {
      continue;
    }
    lock.unlock();
    sweep_all();
    lock.lock();
    seen = turns;
  }
}

void ValidityKeeper::sweep_all() const {
  const TimeSweepReport report = sweep(parts_, [this] { return is_over(); });
  if (report.judged + report.waiting + report.failed == 0) {
    return;
  }
  report_(report.failed != 0,
          "other reference values count by now: " + std::to_string(report.judged) +
              " hosts judged again, " + std::to_string(report.moved) + " changed, " +
              std::to_string(report.waiting) + " wait for their next attestation, " +
              std::to_string(report.failed) + " could not be judged");
}

}  // namespace quotemill::daemon
