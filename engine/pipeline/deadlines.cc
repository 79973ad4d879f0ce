#include "engine/pipeline/deadlines.h"

namespace quotemill {

void Deadlines::set(const HostUid& host, BootTime at) {
  const auto [found, is_new] = by_host_.try_emplace(host, Entry{at, at});
  if (is_new) {
    by_time_.emplace(at, host);
    return;
  }
  Entry& entry = found->second;
  entry.at = at;
  if (at < entry.sorted) {
    by_time_.erase({entry.sorted, host});
    by_time_.emplace(at, host);
    entry.sorted = at;
  }
}

void Deadlines::clear(const HostUid& host) {
  const auto found = by_host_.find(host);
  if (found != by_host_.end()) {
    by_time_.erase({found->second.sorted, host});
    by_host_.erase(found);
  }
}

std::optional<BootTime> Deadlines::find(const HostUid& host) const {
  const auto found = by_host_.find(host);
  return found == by_host_.end() ? std::nullopt : std::optional(found->second.at);
}

std::vector<HostUid> Deadlines::take_due(BootTime now) {
  std::vector<HostUid> due;
  while (!by_time_.empty() && by_time_.begin()->first <= now) {
    const HostUid host = by_time_.begin()->second;
    by_time_.erase(by_time_.begin());
    Entry& entry = by_host_.at(host);
    if (entry.at == entry.sorted) {
      due.push_back(host);
      by_host_.erase(host);
    } else {
      by_time_.emplace(entry.at, host);
      entry.sorted = entry.at;
    }
  }
  return due;
}

std::optional<BootTime> Deadlines::next() const {
  return by_time_.empty() ? std::nullopt : std::optional(by_time_.begin()->first);
}

}  // namespace quotemill
