// ValidityKeeper: judges hosts again, by their last evidence, when a validity of reference values
// begins or ends; on a thread of its own, which waits for PoliciesInForce::turns() to move on. What
// the store did not take (a full disk) is tried again until it does.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <utility>

#include "engine/pipeline/time_sweep.h"

namespace quotemill::daemon {

class ValidityKeeper {
 public:
  // Told what came of it.
  using Report = std::function<void(bool is_bad, const std::string& text)>;

  struct Pace {
    std::chrono::milliseconds look{1'000};
    std::chrono::milliseconds retry{10'000};
  };

  // What `parts` has is borrowed, and outlives this.
  ValidityKeeper(TimeSweepParts parts, Report report, Pace pace);

  ValidityKeeper(TimeSweepParts parts, Report report)
      : ValidityKeeper(std::move(parts), std::move(report), Pace{}) {}

  ValidityKeeper(const ValidityKeeper&) = delete;
  ValidityKeeper& operator=(const ValidityKeeper&) = delete;
  // Ends a sweep that is under way behind its present host.
  ~ValidityKeeper();

 private:
  void run();
  // Whether the store took all of it.
  [[nodiscard]] bool sweep_all() const;
  [[nodiscard]] bool is_over() const;

  const TimeSweepParts parts_;
  const Report report_;
  const Pace pace_;
  mutable std::mutex mutex_;
  std::condition_variable ended_;
  bool is_over_ = false;
  std::thread thread_;
};

}  // namespace quotemill::daemon
