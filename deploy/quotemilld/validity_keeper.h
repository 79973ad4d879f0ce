// ValidityKeeper: judges hosts again, by their last evidence, when a validity of reference values
// begins or ends; on a thread of its own, which waits for PoliciesInForce::turns() to move on.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

#include "engine/pipeline/time_sweep.h"

namespace quotemill::daemon {

class ValidityKeeper {
 public:
  // Told what came of it.
  using Report = std::function<void(bool is_bad, const std::string& text)>;

  // What `parts` has is borrowed, and outlives this.
  ValidityKeeper(const TimeSweepParts& parts, Report report);
  ValidityKeeper(const ValidityKeeper&) = delete;
  ValidityKeeper& operator=(const ValidityKeeper&) = delete;
  // Ends a sweep that is under way behind its present host.
  ~ValidityKeeper();

 private:
  void run();
  void sweep_all() const;
  [[nodiscard]] bool is_over() const;

  const TimeSweepParts parts_;
  const Report report_;
  mutable std::mutex mutex_;
  std::condition_variable ended_;
  bool is_over_ = false;
  std::thread thread_;
};

}  // namespace quotemill::daemon
