#include "deploy/quotemilld/validity_keeper.h"

namespace quotemill::daemon {

ValidityKeeper::ValidityKeeper(TimeSweepParts parts, Report report, Pace pace)
    : parts_(std::move(parts)),
      report_(std::move(report)),
      pace_(pace),
      thread_([this] { run(); }) {}

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
  std::chrono::milliseconds wait = pace_.look;
  std::unique_lock lock(mutex_);
  while (!ended_.wait_for(lock, wait, [this] { return is_over_; })) {
    wait = pace_.look;
    const std::uint64_t turns = parts_.policies.turns();
    if (turns == seen) {
      continue;
    }
    lock.unlock();
    const bool is_done = sweep_all();
    lock.lock();
    if (is_done) {
      seen = turns;
    } else {
      wait = pace_.retry;
    }
  }
}

bool ValidityKeeper::sweep_all() const {
  const TimeSweepReport report = sweep(parts_, [this] { return is_over(); });
  const bool is_done = report.unwritten == 0;
  if (report.judged + report.waiting + report.failed != 0) {
    report_(report.failed != 0 || !is_done,
            "other reference values count by now: " + std::to_string(report.judged) +
                " hosts judged again, " + std::to_string(report.moved) + " changed, " +
                std::to_string(report.waiting) + " wait for their next attestation, " +
                std::to_string(report.failed) + " could not be judged, " +
                std::to_string(report.unwritten) + " not be written and are tried again");
  }
  return is_done;
}

}  // namespace quotemill::daemon
