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

std::shared_ptr<const LogTelling> LogShelf::tell(ByteView log) const {
  ByteWriter steps;
  const auto here = entries();
  for (const auto& entry : *here) {
    steps.clear();
    if (entry->base.likeness(log) >= kLikely &&
        write_delta(entry->base, log, log.size() / kOwnPartMax, steps)) {
      return std::make_shared<const LogTelling>(LogTelling{entry->id, entry->number, steps.take()});
    }
  }
  return nullptr;
}

bool LogShelf::use(const Digest& id) {
  return use_first([&id](const Entry& entry) { return entry.id == id; });
}

bool LogShelf::use(const LogTelling& telling) {
  return use_first([&telling](const Entry& entry) {
    return entry.number == telling.number && entry.id == telling.base;
  });
}

template <class Matches>
bool LogShelf::use_first(Matches matches) {
  const auto here = entries();
  const auto found = std::find_if(here->begin(), here->end(),
                                  [&matches](const auto& entry) { return matches(*entry); });
  if (found == here->end()) {
    return false;
  }
  if (found != here->begin()) {
    Entries entries = *here;
    const auto used = entries.begin() + (found - here->begin());
    std::rotate(entries.begin(), used, used + 1);
    replace(std::move(entries));
  }
  return true;
}

void LogShelf::add(const Digest& id, ByteView log) {
  if (log.size() > limits::kShelfLogSizeMax) {
    return;
  }
  Entries entries = *this->entries();
  entries.insert(entries.begin(),
                 std::make_shared<const Entry>(Entry{id, ++added_, DeltaBase(to_bytes(log))}));
  if (entries.size() > limits::kShelfLogs) {
    entries.pop_back();
  }
  replace(std::move(entries));
}

void LogShelf::forget(const Digest& id) {
  Entries entries = *this->entries();
  std::erase_if(entries, [&id](const auto& entry) { return entry->id == id; });
  replace(std::move(entries));
}

void LogShelf::forget_all() {
  replace({});
}

std::shared_ptr<const LogShelf::Entries> LogShelf::entries() const {
  const std::lock_guard lock(mutex_);
  return entries_;
}

void LogShelf::replace(Entries entries) {
  auto replaced = std::make_shared<const Entries>(std::move(entries));
  const std::lock_guard lock(mutex_);
  entries_.swap(replaced);
}

}  // namespace quotemill::storage
