#include "storage/log_shelf.h"

#include <algorithm>

#include "engine/base/limits.h"

namespace quotemill::storage {

namespace {

// A log that has more of its own begins an image of its own.
constexpr std::size_t kOwnPartMax = 4;  // a quarter

// Of DeltaBase::kSamples: likely to be told in less than that.
constexpr unsigned kLikely = 5;

}  // namespace

std::optional<LogShelf::Told> LogShelf::tell(ByteView log) {
  for (auto entry = logs_.begin(); entry != logs_.end(); ++entry) {
    steps_.clear();
    if (entry->base.likeness(log) >= kLikely &&
        write_delta(entry->base, log, log.size() / kOwnPartMax, steps_)) {
      logs_.splice(logs_.begin(), logs_, entry);
      return Told{entry->id, steps_.view()};
    }
  }
  return std::nullopt;
}

bool LogShelf::has(const Digest& id) const {
  return std::any_of(logs_.begin(), logs_.end(),
                     [&id](const Entry& entry) { return entry.id == id; });
}

void LogShelf::forget(const Digest& id) {
  logs_.remove_if([&id](const Entry& entry) { return entry.id == id; });
}

void LogShelf::add(const Digest& id, ByteView log) {
  if (log.size() > limits::kShelfLogSizeMax) {
    return;
  }
  logs_.push_front({id, DeltaBase(to_bytes(log))});
  if (logs_.size() > limits::kShelfLogs) {
    logs_.pop_back();
  }
}

}  // namespace quotemill::storage
