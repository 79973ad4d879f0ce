// Deadlines: when which host turns stale if nothing is heard of it. Used by the commit thread
// alone.
//
// Nearly every deadline is replaced by a later one before it comes. So a host is sorted in once,
// and again when that moment comes and has been put off: a host that goes on attesting is sorted
// once per deadline, not once per attestation.
#pragma once

#include <optional>
#include <set>
#include <unordered_map>
#include <utility>
#include <vector>

#include "engine/base/time.h"
#include "engine/evidence/host_uid.h"

namespace quotemill {

class Deadlines {
 public:
  // Replaces the deadline that the host had.
  void set(const HostUid& host, BootTime at);
  void clear(const HostUid& host);

  // nullopt if the host has none.
  [[nodiscard]] std::optional<BootTime> find(const HostUid& host) const;

  // The hosts whose deadline is not after `now`, the earliest first; they are forgotten.
  std::vector<HostUid> take_due(BootTime now);

  // When to look again: no deadline is before it. Nothing if there is none.
  [[nodiscard]] std::optional<BootTime> next() const;

 private:
  struct Entry {
    BootTime at;
    BootTime sorted;  // where it is in by_time_; never after `at`
  };

  std::set<std::pair<BootTime, HostUid>> by_time_;
  std::unordered_map<HostUid, Entry> by_host_;
};

}  // namespace quotemill
