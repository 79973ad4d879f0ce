// EnrolmentLog: decisions about enrolments, as lines and as counts. Refusals are what anybody
// brings about who reaches the port, so their lines are limited for each cause; what is held back
// is told with the next line, and all are counted.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>

#include "deploy/common/log.h"
#include "engine/ports/clock.h"
#include "transport/server/enrolment_service.h"
#include "transport/server/server_log.h"

namespace quotemill::daemon {

class EnrolmentLog {
 public:
  // Both are borrowed.
  EnrolmentLog(const program::Log& log, const Clock& clock) : log_(log), clock_(clock) {}

  // Any thread.
  void note(const transport::EnrolmentAudit& audit);

  // Refusals since the start, by cause. Any thread.
  [[nodiscard]] std::map<std::string, std::uint64_t> refusals() const;

 private:
  struct Refusals {
    transport::LineLimit lines;
    std::uint64_t count = 0;
  };

  const program::Log& log_;
  const Clock& clock_;
  mutable std::mutex mutex_;
  std::map<std::string, Refusals> refusals_;  // by cause: an error's code, so there are few
};

}  // namespace quotemill::daemon
