// HistoryRetention: how long appraisals are kept, and how many, by the state that they came to.
// What is kept no longer is dropped where RocksDB rewrites files anyway (a compaction filter), so
// that retention costs no write of its own and nobody waits for it. Rows may outlive their time by
// a day or two. What may go is planned beforehand, by a walk over all of the history
// (retention_plan.h): a filter sees rows one by one, and not which is a host's newest.
//
// Age is not told by the wall clock: one that is set a year ahead would empty the history. The
// clock here goes on with the time that the daemon runs, and stands still while it does not.
//
// Threads: any; compactions ask beside everything else.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string_view>

#include <rocksdb/compaction_filter.h>

#include "storage/retention_plan.h"

namespace quotemill::storage {

class HistoryRetention final : public rocksdb::CompactionFilterFactory {
 public:
  HistoryRetention() = default;

  [[nodiscard]] const char* Name() const override { return "quotemill.history_retention"; }

  std::unique_ptr<rocksdb::CompactionFilter> CreateCompactionFilter(
      const rocksdb::CompactionFilter::Context& context) override;

  // The clock begins. Nothing is dropped before adopt().
  void begin(WallTime now) { now_ms_.store(now.ms, std::memory_order_relaxed); }

  void advance(std::int64_t elapsed_ms) {
    if (elapsed_ms > 0 && now_ms_.load(std::memory_order_relaxed) != 0) {
      now_ms_.fetch_add(elapsed_ms, std::memory_order_relaxed);
    }
  }

  [[nodiscard]] WallTime now() const { return {now_ms_.load(std::memory_order_relaxed)}; }

  // What compactions go by from now on; those under way, by the plan before.
  void adopt(RetentionPlan plan);

 private:
  std::atomic<std::int64_t> now_ms_{0};  // 0: not begun
  mutable std::mutex mutex_;
  std::shared_ptr<const RetentionPlan> plan_;  // null: everything is kept
};

// What retention goes by of a row of the history; nullopt if it cannot be read.
std::optional<RetainedRow> retained_row(std::uint64_t first_sequence, std::string_view value);

// Whether a row of the history, or a revision, is kept no longer by the plan. One that cannot be
// read is kept: a check of the store shall find it.
bool is_over(const RetentionPlan& plan, std::string_view key, std::string_view value);

}  // namespace quotemill::storage
