#include "deploy/quotemilld/last_backup.h"

#include <algorithm>

#include "deploy/quotemilld/limits.h"

namespace quotemill::daemon {
namespace {

constexpr const char* kVerb = "backup";

}  // namespace

void LastBackup::look(const History& history) {
  if (next_ == 0) {
    const Result<AuditHead> head = history.audit_head();
    if (!head) {
      return;
    }
    next_ = head->number - std::min<std::uint64_t>(head->number, limits::kBackupActsMax) + 1;
  }
  const Result<std::vector<AuditRecord>> acts = history.audit(next_, limits::kBackupActsALook);
  if (!acts) {
    return;
  }
  for (const AuditRecord& record : *acts) {
    next_ = record.number + 1;
    if (record.act.verb == kVerb) {
      time_ms_.store(record.time.ms, std::memory_order_relaxed);
    }
  }
}

std::optional<WallTime> LastBackup::time() const {
  const std::int64_t ms = time_ms_.load(std::memory_order_relaxed);
  return ms == 0 ? std::nullopt : std::optional(WallTime{ms});
}

}  // namespace quotemill::daemon
