// What a process that ended without folding left in the journal, brought to the rows.
#include <map>

#include "storage/database.h"
#include "storage/history_rows.h"
#include "storage/history_run.h"
#include "storage/journal.h"
#include "storage/records.h"
#include "storage/rocks_status.h"

namespace quotemill::storage {

namespace {

// The newest entry of a host, which replaces all older ones.
struct Newest {
  std::uint64_t record = 0;
  JournalEntry entry;  // borrows these:
  Bytes receipt;
  Bytes evidence_item;

  void take(std::uint64_t number, const JournalEntry& from) {
    record = number;
    receipt.assign(from.receipt.begin(), from.receipt.end());
    evidence_item.assign(from.evidence_item.begin(), from.evidence_item.end());
    entry = from;
    entry.receipt = receipt;
    entry.evidence_item = evidence_item;
  }
};

class Recovery {
 public:
  Recovery(Database& database, const HistoryBounds& history)
      : database_(database), history_(history) {}

  Result<void> run() {
    Result<void> done = read_records();
    if (done) {
      done = write_rows();
    }
    return done ? drop_records() : done;
  }

 private:
  Result<void> read_records() {
    Database::Cursor cursor = database_.scan(Family::kJournal, {}, {});
    for (cursor.to_first(); cursor.valid(); cursor.next()) {
      const std::optional<std::uint64_t> number = sequence_of(cursor.key());
      if (!number) {
        return Error{ErrorCode::kStorage, "store", 0, "damaged: a key of another shape in journal"};
      }
      const Result<std::vector<JournalEntry>> entries =
          decode_journal_record(*number, cursor.value());
      if (!entries) {
        return entries.error();
      }
      for (const JournalEntry& entry : *entries) {
        newest_[entry.host].take(*number, entry);
      }
      records_.push_back(*number);
    }
    const rocksdb::Status status = cursor.status();
    return status.ok() ? Result<void>() : error_of("journal", status);
  }

  // Host by host, in the order of their rows.
  Result<void> write_rows() {
    rocksdb::WriteBatch out;
    std::size_t hosts = 0;
    for (const auto& [uid, newest] : newest_) {
      if (Result<void> added = add_rows(newest, out); !added) {
        return added;
      }
      if (++hosts % limits::kFoldHostsStep == 0) {
        if (Result<void> written = write(out); !written) {
          return written;
        }
      }
    }
    return write(out);
  }

  Result<void> add_rows(const Newest& newest, rocksdb::WriteBatch& out) const {
    const JournalEntry& entry = newest.entry;
    const std::string key = host_key(entry.host);
    const Result<std::optional<std::string>> row = database_.get(Family::kStates, key);
    if (!row) {
      return row.error();
    }
    if (!row->has_value()) {
      return {};  // the host was removed since
    }
    Result<HostState> state = decode_state(entry.host, **row);
    if (!state) {
      return state.error();
    }
    if (entry.sequence <= state->sequence) {
      return {};  // an edge or a fold since says more
    }
    if (entry.generation != state->generation ||
        entry.heartbeat.has_value() != state->counters.has_value()) {
      return Error{ErrorCode::kStorage, "journal record", 0,
                   std::to_string(newest.record) + " is damaged: its entry of host " +
                       entry.host.hex() + " does not fit the state of the host"};
    }
    apply(entry, *state);
    database_.put(Family::kStates, key, encode_state(*state), out);
    return add_history(entry, *state, out);
  }

  Result<void> add_history(const JournalEntry& entry, const HostState& state,
                           rocksdb::WriteBatch& out) const {
    Result<HistoryEntry> first = history_row(database_, entry.host, entry.run.first_sequence);
    if (!first) {
      return first.error();
    }
    const HistoryGrowth growth{first->sequence, entry.sequence, entry.run.first_sequence};
    put_history_row(database_, rebuilt(*std::move(first), appraisal_of(entry, state), entry.run),
                    out);
    return trim_history_rows(database_, entry.host, growth, history_, out);
  }

  // Only when all rows are written: until then another recovery begins anew.
  Result<void> drop_records() {
    rocksdb::WriteBatch out;
    for (const std::uint64_t number : records_) {
      database_.erase(Family::kJournal, journal_key(number), out);
    }
    return write(out);
  }

  Result<void> write(rocksdb::WriteBatch& out) {
    if (const rocksdb::Status status = database_.write_unsynced(out); !status.ok()) {
      return error_of("journal recovery", status);
    }
    out.Clear();
    return {};
  }

  Database& database_;
  const HistoryBounds history_;
  std::vector<std::uint64_t> records_;
  std::map<HostUid, Newest> newest_;
};

}  // namespace

Result<void> recover_journal(Database& database, const HistoryBounds& history) {
  return Recovery(database, history).run();
}

}  // namespace quotemill::storage
