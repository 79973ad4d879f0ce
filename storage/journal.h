// Journal: the short form in which a commit writes reaffirmations, and how it becomes rows.
//
// A run of appraisals begins with rows: those of an edge, or of the reaffirmation that begins it
// (an hour later the next one, and at once that of a failure that rests on no proof). What joins it
// is an entry in the one journal record of its commit (journal_record.h). The newest entry of a
// host replaces its older ones, so that a record goes when each of its hosts has attested again,
// and no row was written for it. Rows are written where a run ends: at an edge, in the very batch
// that has it, and after the hour. Only what would hold the oldest records for too long, a silent
// host, is folded: its rows are written, a few hosts at a time, within the batches of other
// commits.
//
// So what is written is atomic with what it replaces, and there is no write that could fail alone.
// A fold changes how a host is stored, never what is: recovery passes over entries up to the
// sequence of the state's row, so it does not matter which of them are still there.
//
// Threads: the commit thread alone; runs() has reads for others.
#pragma once

#include <cstdint>
#include <deque>
#include <vector>

#include "engine/base/limits.h"
#include "engine/base/result.h"
#include "engine/ports/records.h"
#include "storage/history_rows.h"
#include "storage/journal_record.h"
#include "storage/open_runs.h"

namespace rocksdb {
class WriteBatch;
}  // namespace rocksdb

namespace quotemill::storage {

class Database;

struct JournalRules {
  // What a recovery has to read at most; beyond it the oldest entries are folded.
  std::size_t entries_max = limits::kJournalEntriesMax;
  // How long, in store time, an appraisal is in the journal alone.
  std::int64_t age_ms_max = limits::kJournalAgeMsMax;
  HistoryBounds history = {};
};

// Brings what the journal has to the rows and empties it: when a store is opened. A record that is
// damaged, or that does not fit its host's rows, is an Error that names it.
Result<void> recover_journal(Database& database, const HistoryBounds& history);

class Journal {
 public:
  explicit Journal(const JournalRules& rules) : rules_(rules) {}

  // Adds to `out`, before anything else of `batch` is added: its reaffirmations, in a record under
  // the number `commit` or as the rows that a run begins with; the rows of runs that end with it;
  // some folds. Nothing is remembered until landed(). kInternal if a reaffirmation does not follow
  // the last appraisal of its host.
  Result<void> prepare(const Database& database, const CommitBatch& batch, std::uint64_t commit,
                       rocksdb::WriteBatch& out);

  // The batch that prepare() was last called for is durable.
  void landed(const CommitBatch& batch);

  // Adds to `out` the removal of the host's oldest rows, if `entry`, whose sequences behind `known`
  // are new to the rows, makes them too many. For the rows of edges, too: a row that a run has
  // outgrown says less than it will.
  Result<void> trim_history(const Database& database, const HistoryEntry& entry,
                            std::uint64_t known, rocksdb::WriteBatch& out) const;

  // Writes the rows of all runs and empties the journal: before the store is closed.
  Result<void> fold_all(Database& database);

  [[nodiscard]] const OpenRuns& runs() const { return runs_; }

  // Entries in the records that are there.
  [[nodiscard]] std::size_t entries() const { return entries_; }

 private:
  struct Record {
    std::uint64_t commit = 0;
    std::size_t entries = 0;
    WallTime newest;  // store time
  };

  // A reaffirmation and the run that it joins: looked for once, as each look is a cache miss.
  struct Joined {
    const Reaffirmation* reaffirmation = nullptr;
    OpenRuns::Place run;
  };

  // What prepare() added, to be remembered if it lands.
  struct Plan {
    Record record;  // without entries: there is none
    std::size_t dropped = 0;
    std::vector<HostUid> folded;
    std::vector<const Reaffirmation*> begun;  // in full, with rows
    std::vector<Joined> joined;
    std::vector<HostUid> ended;
  };

  void drop_records(const Database& database, std::size_t entries_max, rocksdb::WriteBatch& out);
  Result<void> fold_oldest(const Database& database, const CommitBatch& batch,
                           rocksdb::WriteBatch& out);
  Result<void> sort_reaffirmed(const CommitBatch& batch);
  Result<void> begin_runs(const Database& database, rocksdb::WriteBatch& out);
  void add_record(const Database& database, rocksdb::WriteBatch& out);
  Result<void> end_runs(const Database& database, const CommitBatch& batch,
                        rocksdb::WriteBatch& out);
  Result<void> put_history(const Database& database, const HistoryEntry& entry, std::uint64_t known,
                           rocksdb::WriteBatch& out) const;
  void remember_folds();

  const JournalRules rules_;
  OpenRuns runs_;
  std::deque<Record> records_;  // those that are there, the oldest first
  std::size_t entries_ = 0;     // in all of them
  JournalRecordWriter writer_;
  Plan plan_;
};

}  // namespace quotemill::storage
