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

// Adds to `out` the removal of what ends before the `kept` newest appraisals of the host (0: all
// are kept), and of the revisions of their verdicts. Looks for it only now and then, so that up to
// a 64th more are there: each look passes the graves of the former ones.
Result<void> trim_history_rows(const Database& database, const HostUid& host,
                               const HistoryGrowth& growth, std::uint64_t kept,
                               rocksdb::WriteBatch& out);

}  // namespace quotemill::storage
