// RetentionPlan: what of the history is kept no longer, found by one walk over all of it; the
// compaction filter goes by it (history_retention.h), and keeps everything that it does not name.
//
// The newest appraisal of a host stays, however old it is: it is what the host's present state
// rests on, and what a bundle of that state shows.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <optional>
#include <unordered_map>

#include "engine/ports/records.h"

namespace quotemill::storage {

// By the state that appraisals come to; others (unknown) are not limited.
inline constexpr std::size_t kRetainedStates = 3;
std::optional<std::size_t> retained_index(TrustState state);

// Zero: for ever.
struct HistoryAges {
  std::int64_t trusted_ms = 0;
  std::int64_t warning_ms = 0;
  std::int64_t failed_ms = 0;

  [[nodiscard]] std::array<std::int64_t, kRetainedStates> by_state() const {
    return {trusted_ms, warning_ms, failed_ms};
  }
};

// How many appraisals of a host are kept, the newest ones. Zero: all.
struct HistoryCounts {
  std::uint64_t trusted = 0;
  std::uint64_t warning = 0;
  std::uint64_t failed = 0;

  [[nodiscard]] std::array<std::uint64_t, kRetainedStates> by_state() const {
    return {trusted, warning, failed};
  }
};

struct RetentionPlan {
  struct Host {
    std::uint64_t newest = 0;  // the row that begins here stays
    // Of each state: rows that end here or before go.
    std::array<std::uint64_t, kRetainedStates> over_count{};
    std::uint64_t oldest_kept = 0;  // where the oldest row begins that may stay; 0: not looked for
  };

  WallTime now;  // of the ageing clock; ages are told by it
  HistoryAges ages;
  std::unordered_map<HostUid, Host> hosts;  // those with something to tell
};

// A row of the history, as far as retention goes.
struct RetainedRow {
  std::uint64_t first_sequence = 0;
  std::uint64_t last_sequence = 0;
  TrustState state = TrustState::kUnknown;
  WallTime time;  // of the last appraisal
};

bool is_over(const RetentionPlan& plan, const HostUid& host, const RetainedRow& row);

// The same for the revision of a verdict, whatever state it came to: it stays for as long as its
// appraisal may, which without it would tell another verdict than it came to.
bool is_over_revision(const RetentionPlan& plan, const HostUid& host, const RetainedRow& revision);

// Not for sharing between threads.
class RetentionPlanner {
 public:
  RetentionPlanner(const HistoryAges& ages, const HistoryCounts& counts, WallTime now);

  // Rows come in the order of their keys: host by host, the oldest first.
  void add(const HistoryEntry& entry);

  RetentionPlan take();

 private:
  struct Counted {
    std::uint64_t last_sequence = 0;
    std::uint64_t count = 0;
  };

  // The newest rows of a state, no more than are needed to fill its count.
  struct Kept {
    std::deque<Counted> rows;
    std::uint64_t count = 0;
    std::uint64_t over = 0;  // the last sequence of the newest row that is not needed
  };

  void note_kept();
  void end_host();

  const std::array<std::uint64_t, kRetainedStates> counts_;
  RetentionPlan plan_;
  std::optional<HostUid> host_;
  RetainedRow newest_;
  std::uint64_t oldest_uncounted_ = 0;  // of the rows that stay whatever their number
  std::array<Kept, kRetainedStates> kept_;
};

}  // namespace quotemill::storage
