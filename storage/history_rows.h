// Rows of the history: an appraisal or run each, and no more of a host than are to be kept.
#pragma once

#include <cstdint>

#include "engine/base/result.h"
#include "engine/ports/records.h"

namespace rocksdb {
class WriteBatch;
}  // namespace rocksdb

namespace quotemill::storage {

class Database;

// Adds the row of `entry` to `out`. A row that begins there already is replaced.
void put_history_row(const Database& database, const HistoryEntry& entry, rocksdb::WriteBatch& out);

void put_revision_row(const Database& database, const VerdictRevision& revision,
                      rocksdb::WriteBatch& out);

// The row that begins with `first_sequence`; kStorage if there is none.
Result<HistoryEntry> history_row(const Database& database, const HostUid& host,
                                 std::uint64_t first_sequence);

// What is being written of a host: sequences behind `known`, up to `newest`. Rows that begin at
// `kept_from` or later stay, because they may be written anew in the same batch.
struct HistoryGrowth {
  std::uint64_t known = 0;
  std::uint64_t newest = 0;
  std::uint64_t kept_from = 0;
};

// How many appraisals of a host are kept. A host that is trusted for long must not bury its
// failures: those outlive the newest ones, in a number of their own.
struct HistoryBounds {
  std::uint64_t newest = 0;  // whatever they came to; 0: all
  // Of those before, the newest that came to it.
  std::uint64_t warnings = 0;
  std::uint64_t failures = 0;
};

// Whether trim_history_rows() looks for what goes when `newest` is written and `known` was.
bool is_trim_due(std::uint64_t known, std::uint64_t newest, const HistoryBounds& kept);

// Adds to `out` the removal of what is beyond the bounds of the host, and of the revisions of those
// verdicts. Looks for it only now and then, so that up to a 64th more are there (each look passes
// the graves of the former ones); warnings and failures are counted once in `newest` appraisals, so
// that as many of them may be too many.
Result<void> trim_history_rows(const Database& database, const HostUid& host,
                               const HistoryGrowth& growth, const HistoryBounds& kept,
                               rocksdb::WriteBatch& out);

}  // namespace quotemill::storage
