#include "engine/pipeline/deadlines.h"

namespace quotemill {

void Deadlines::set(const HostUid& host, BootTime at) {
  clear(host);
  by_time_.emplace(at, host);
  by_host_[host] = at;
}

void Deadlines::clear(const HostUid& host) {
  const auto found = by_host_.find(host);
  if (found != by_host_.end()) {
    by_time_.erase({found->second, host});
    by_host_.erase(found);
  }
}

std::optional<BootTime> Deadlines::find(const HostUid& host) const {
  const auto found = by_host_.find(host);
  return found == by_host_.end() ? std::nullopt : std::optional(found->second);
}

std::vector<HostUid> Deadlines::take_due(BootTime now) {
  std::vector<HostUid> due;
  while (!by_time_.empty() && by_time_.begin()->first <= now) {
    due.push_back(by_time_.begin()->second);
    by_host_.erase(due.back());
    by_time_.erase(by_time_.begin());
  }
  return due;
}

std::optional<BootTime> Deadlines::next() const {
  return by_time_.empty() ? std::nullopt : std::optional(by_time_.begin()->first);
}

}  // namespace quotemill
