// LogCollection: boot logs that nothing rests on any more, on their way out.
//
// Any thread looks for them while commits go on; the commit thread removes them, a few in each
// commit, so that a removal is atomic with everything else and no commit waits. What commits used
// since the look began (as the base of a new log) stays, whatever the look found: the next one
// decides.
#pragma once

#include <cstdint>
#include <functional>
#include <mutex>
#include <set>
#include <vector>

#include "engine/base/digest.h"
#include "engine/base/result.h"
#include "engine/ports/records.h"

namespace quotemill::storage {

class Database;

inline constexpr std::size_t kCollectLogsStep = 64;  // dropped in one commit

class LogCollection {
 public:
  // Before the look; forgets what an earlier one found. Any thread.
  void begin();
  // What it found. Any thread.
  void found(std::vector<Digest> unused);

  // --- The commit thread

  // This log is leant on by a row of the batch that is being made.
  void used(const Digest& id);
  // At most `count` of those that may go. They are not handed out again.
  std::vector<Digest> take(std::size_t count);

 private:
  std::mutex mutex_;
  bool is_looking_ = false;  // or what was found is not all gone yet
  std::set<Digest> used_;
  std::vector<Digest> unused_;
};

// Boot logs that no state, no appraisal, no baseline and no other log needs: the base of a log that
// is needed is needed. Reads all rows of the history: minutes for many gigabytes. A row that cannot
// be read is an Error, and nothing is found: what it rests on is not known.
// `on_appraisal` is shown each row of the history on the way, in the order of their keys.
Result<std::vector<Digest>> find_unused_logs(
    const Database& database, const std::function<void(const HistoryEntry&)>& on_appraisal);

}  // namespace quotemill::storage
