// HistoryRetention: how long appraisals are kept, by the state that they came to. What is older is
// dropped where RocksDB rewrites files anyway (a compaction filter), so that ageing costs no write
// of its own and nobody waits for it. Rows may outlive their age by a day or two.
//
// Age is not told by the wall clock: one that is set a year ahead would empty the history. The
// clock here goes on with the time that the daemon runs, and stands still while it does not.
//
// Threads: any; compactions ask beside everything else.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include <rocksdb/compaction_filter.h>

#include "engine/base/time.h"

namespace quotemill::storage {

// Zero: for ever.
struct HistoryAges {
  std::int64_t trusted_ms = 0;
  std::int64_t warning_ms = 0;
  std::int64_t failed_ms = 0;
};

class HistoryRetention final : public rocksdb::CompactionFilterFactory {
 public:
  explicit HistoryRetention(const HistoryAges& ages) : ages_(ages) {}

  [[nodiscard]] const char* Name() const override { return "quotemill.history_retention"; }

  std::unique_ptr<rocksdb::CompactionFilter> CreateCompactionFilter(
      const rocksdb::CompactionFilter::Context& context) override;

  // Nothing is dropped before: a journal that is not folded yet leans on rows.
  void begin(WallTime now) { now_ms_.store(now.ms, std::memory_order_relaxed); }

  void advance(std::int64_t elapsed_ms) {
    if (elapsed_ms > 0 && now_ms_.load(std::memory_order_relaxed) != 0) {
      now_ms_.fetch_add(elapsed_ms, std::memory_order_relaxed);
    }
  }

  [[nodiscard]] WallTime now() const { return {now_ms_.load(std::memory_order_relaxed)}; }

 private:
  const HistoryAges ages_;
  std::atomic<std::int64_t> now_ms_{0};  // 0: not begun
};

// Whether a row of the history is of an age that is not kept. One that cannot be read is.
bool is_over(std::string_view row, const HistoryAges& ages, WallTime now);

}  // namespace quotemill::storage
