// Deadlines: when which host turns stale if nothing is heard of it. Used by the commit thread
// alone.
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
  // Replaces an earlier deadline of the host.
  void set(const HostUid& host, BootTime at);
  void clear(const HostUid& host);

  // nullopt if the host has none.
  [[nodiscard]] std::optional<BootTime> find(const HostUid& host) const;

  // The hosts whose deadline is not after `now`; they are forgotten.
  std::vector<HostUid> take_due(BootTime now);

  [[nodiscard]] std::optional<BootTime> next() const;

 private:
  std::set<std::pair<BootTime, HostUid>> by_time_;
  std::unordered_map<HostUid, BootTime> by_host_;
};

}  // namespace quotemill
