#include "storage/open_runs.h"

#include <cassert>

#include "storage/history_run.h"

namespace quotemill::storage {

std::optional<OpenRuns::Place> OpenRuns::place_of(const HostUid& host) const {
  const Place* const found = places_.find(host);
  return found == nullptr ? std::nullopt : std::optional(*found);
}

const OpenRuns::Run* OpenRuns::find(const HostUid& host) const {
  const std::optional<Place> place = place_of(host);
  return place ? &**place : nullptr;
}

void OpenRuns::begin(const HistoryEntry& first) {
  const std::lock_guard lock(mutex_);
  const auto [place, is_new] = places_.try_add(first.host, settled_.end());
  if (is_new) {
    *place = settled_.emplace(settled_.end());
  } else {
    settled_.splice(settled_.end(), list_of(**place), *place);
  }
  **place = Run{first, first.sequence, nullptr, 0};
}

void OpenRuns::extend(const Reaffirmation& reaffirmation, std::uint64_t record) {
  const std::optional<Place> place = place_of(reaffirmation.entry.host);
  assert(place);
  extend(*place, reaffirmation, record);
}

void OpenRuns::extend(Place place, const Reaffirmation& reaffirmation, std::uint64_t record) {
  const std::lock_guard lock(mutex_);
  Run& run = *place;
  storage::extend(run.history, reaffirmation.entry);
  run.state = reaffirmation.state;
  pending_.splice(pending_.end(), list_of(run), place);
  run.pin = record;
}

void OpenRuns::settle(const HostUid& host) {
  const std::lock_guard lock(mutex_);
  const std::optional<Place> place = place_of(host);
  if (!place) {
    return;
  }
  Run& run = **place;
  settled_.splice(settled_.end(), list_of(run), *place);
  run.stored = run.history.sequence;
  run.state = nullptr;
  run.pin = 0;
}

void OpenRuns::end(const HostUid& host) {
  const std::lock_guard lock(mutex_);
  const std::optional<Place> place = place_of(host);
  if (!place) {
    return;
  }
  list_of(**place).erase(*place);
  places_.erase(host);
}

void OpenRuns::forget_over(WallTime now, std::size_t most) {
  const std::lock_guard lock(mutex_);
  for (; most != 0 && !settled_.empty() && is_over(settled_.front().history, now); --most) {
    places_.erase(settled_.front().history.host);
    settled_.pop_front();
  }
}

std::optional<HistoryEntry> OpenRuns::pending_history(const HostUid& host) const {
  const std::lock_guard lock(mutex_);
  const Run* run = find(host);
  return run != nullptr && run->pin != 0 ? std::optional(run->history) : std::nullopt;
}

std::unordered_map<HostUid, std::shared_ptr<const HostState>> OpenRuns::pending_states() const {
  const std::lock_guard lock(mutex_);
  std::unordered_map<HostUid, std::shared_ptr<const HostState>> out;
  for (const Run& run : pending_) {
    out.emplace(run.history.host, run.state);
  }
  return out;
}

}  // namespace quotemill::storage
