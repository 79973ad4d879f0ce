// LastBackup: when the store was last backed up, as the audit trail has it: a backup is an act.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>

#include "engine/ports/history.h"

namespace quotemill::daemon {

class LastBackup {
 public:
  // Goes on with the acts behind those of the last look, some of them at a time; begins with the
  // newest limits::kBackupActsMax. One thread. A store that cannot be read is looked at again.
  void look(const History& history);

  // nullopt: none was found. Any thread.
  [[nodiscard]] std::optional<WallTime> time() const;

 private:
  std::uint64_t next_ = 0;  // number of an act; 0: not looked yet
  std::atomic<std::int64_t> time_ms_{0};
};

}  // namespace quotemill::daemon
