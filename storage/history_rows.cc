#include "storage/history_rows.h"

#include <algorithm>

#include "engine/base/limits.h"
#include "storage/database.h"
#include "storage/history_retention.h"
#include "storage/records.h"

namespace quotemill::storage {

namespace {

// So that one look removes more than can have been added since the one before.
constexpr std::uint64_t kSequencesPerLook = limits::kHistoryTrimStep / 2;

// Of appraisals from `first` up to `last`. Few hosts have any: where there are none it costs a
// seek.
Result<void> trim_revisions(const Database& database, const HostUid& host, std::uint64_t first,
                            std::uint64_t last, rocksdb::WriteBatch& out) {
  Database::Cursor cursor = database.scan(Family::kRevisions, revision_key(host, first, {}),
                                          revision_key(host, last + 1, {}));
  cursor.to_first();
  for (std::size_t rows = 0; cursor.valid() && rows < limits::kHistoryTrimStep; ++rows) {
    database.erase(Family::kRevisions, cursor.key(), out);
    cursor.next();
  }
  return finished(cursor);
}

// One look at what is before a host's newest appraisals, from there back.
class HistoryTrim {
 public:
  HistoryTrim(const Database& database, const HostUid& host, const HistoryBounds& kept,
              rocksdb::WriteBatch& out)
      : database_(database), host_(host), kept_(kept), out_(out) {}

  // `is_count`: at all there is, and counts it; else only at what came last.
  Result<void> look(std::uint64_t last_to_go, std::uint64_t kept_from, bool is_count) {
    gone_to_ = std::min(last_to_go, kept_from - 1);
    Database::Cursor cursor =
        database_.scan(Family::kHistory, history_key(host_, 0), history_key(host_, gone_to_ + 1));
    cursor.to_last();
    for (std::size_t rows = 0; cursor.valid() && (is_count || rows < limits::kHistoryTrimStep);
         ++rows) {
      if (Result<void> seen = see(cursor, last_to_go); !seen) {
        return seen;
      }
      cursor.previous();
    }
    if (Result<void> read = finished(cursor); !read) {
      return read;
    }
    return end_gap(cursor.valid() ? gone_from_ : 0);
  }

 private:
  Result<void> see(const Database::Cursor& cursor, std::uint64_t last_to_go) {
    const std::uint64_t first = sequence_of(cursor.key()).value_or(0);
    const std::optional<RetainedRow> row = retained_row(first, cursor.value());
    // Rows do not overlap: only the last of them can reach into what is kept. One that cannot be
    // read stays, for a check of the store to find it: no commit fails for it.
    if (!row || row->last_sequence > last_to_go || is_kept(*row)) {
      Result<void> ended = end_gap((row ? row->last_sequence : first) + 1);
      gone_to_ = first - 1;
      gone_from_ = first;
      return ended;
    }
    gone_from_ = first;
    database_.erase(Family::kHistory, cursor.key(), out_);
    return {};
  }

  bool is_kept(const RetainedRow& row) {
    std::uint64_t& count = row.state == TrustState::kFailed ? failures_ : warnings_;
    const std::uint64_t bound = row.state == TrustState::kFailed    ? kept_.failures
                                : row.state == TrustState::kWarning ? kept_.warnings
                                                                    : 0;
    const bool is_within = count < bound;
    count += is_within ? row.last_sequence - row.first_sequence + 1 : 0;
    return is_within;
  }

  // The revisions of what goes between two rows that stay.
  Result<void> end_gap(std::uint64_t from) {
    return from > gone_to_ ? Result<void>()
                           : trim_revisions(database_, host_, from, gone_to_, out_);
  }

  const Database& database_;
  const HostUid& host_;
  const HistoryBounds& kept_;
  rocksdb::WriteBatch& out_;
  std::uint64_t warnings_ = 0;
  std::uint64_t failures_ = 0;
  // What goes, as far as it is seen.
  std::uint64_t gone_from_ = 0;
  std::uint64_t gone_to_ = 0;
};

}  // namespace

void put_history_row(const Database& database, const HistoryEntry& entry,
                     rocksdb::WriteBatch& out) {
  database.put(Family::kHistory, history_key(entry.host, entry.first_sequence()),
               encode_appraisal(entry), out);
}

void put_revision_row(const Database& database, const VerdictRevision& revision,
                      rocksdb::WriteBatch& out) {
  database.put(Family::kRevisions, revision_key(revision.host, revision.sequence, revision.time),
               encode_revision(revision), out);
}

Result<HistoryEntry> history_row(const Database& database, const HostUid& host,
                                 std::uint64_t first_sequence) {
  const Result<std::optional<std::string>> value =
      database.get(Family::kHistory, history_key(host, first_sequence));
  if (!value) {
    return value.error();
  }
  if (!value->has_value()) {
    return Error{
        ErrorCode::kStorage, "history", 0,
        "damaged: host " + host.hex() + " has no appraisal " + std::to_string(first_sequence)};
  }
  return decode_appraisal(host, first_sequence, **value);
}

bool is_trim_due(std::uint64_t known, std::uint64_t newest, const HistoryBounds& kept) {
  const std::uint64_t every = std::clamp<std::uint64_t>(kept.newest / 64, 1, kSequencesPerLook);
  return kept.newest != 0 && newest > kept.newest && newest / every != known / every;
}

Result<void> trim_history_rows(const Database& database, const HostUid& host,
                               const HistoryGrowth& growth, const HistoryBounds& kept,
                               rocksdb::WriteBatch& out) {
  if (!is_trim_due(growth.known, growth.newest, kept)) {
    return {};
  }
  const bool is_count = growth.newest / kept.newest != growth.known / kept.newest;
  return HistoryTrim(database, host, kept, out)
      .look(growth.newest - kept.newest, growth.kept_from, is_count);
}

}  // namespace quotemill::storage
