#include "storage/history_rows.h"

#include <algorithm>

#include "engine/base/limits.h"
#include "storage/database.h"
#include "storage/records.h"
#include "storage/rocks_status.h"

namespace quotemill::storage {

namespace {

// So that one look removes more than can have been added since the one before.
constexpr std::uint64_t kSequencesPerLook = limits::kHistoryTrimStep / 2;

// The last sequence of the row at the cursor.
Result<std::uint64_t> end_of(const HostUid& host, const Database::Cursor& cursor) {
  const std::uint64_t first = sequence_of(cursor.key()).value_or(0);
  const std::string_view value = cursor.value();
  if (!value.empty() && static_cast<std::uint8_t>(value.front()) == kRecordVersion) {
    return first;  // a single appraisal: what is in it does not matter
  }
  const Result<HistoryEntry> run = decode_appraisal(host, first, value);
  return run ? Result<std::uint64_t>(run->sequence) : run.error();
}

// Those of appraisals up to `last`. Few hosts have any: where there are none it costs a seek.
Result<void> trim_revisions(const Database& database, const HostUid& host, std::uint64_t last,
                            rocksdb::WriteBatch& out) {
  Database::Cursor cursor = database.scan(Family::kRevisions, revision_key(host, 0, {}),
                                          revision_key(host, last + 1, {}));
  cursor.to_first();
  for (std::size_t rows = 0; cursor.valid() && rows < limits::kHistoryTrimStep; ++rows) {
    database.erase(Family::kRevisions, cursor.key(), out);
    cursor.next();
  }
  const rocksdb::Status status = cursor.status();
  return status.ok() ? Result<void>() : error_of("revisions", status);
}

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

Result<void> trim_history_rows(const Database& database, const HostUid& host,
                               const HistoryGrowth& growth, std::uint64_t kept,
                               rocksdb::WriteBatch& out) {
  const std::uint64_t every = std::clamp<std::uint64_t>(kept / 64, 1, kSequencesPerLook);
  if (kept == 0 || growth.newest <= kept || growth.newest / every == growth.known / every) {
    return {};
  }
  const std::uint64_t last_to_go = growth.newest - kept;
  Database::Cursor cursor =
      database.scan(Family::kHistory, history_key(host, 0),
                    history_key(host, std::min(last_to_go + 1, growth.kept_from)));
  cursor.to_last();
  std::uint64_t gone_to = last_to_go;
  // Rows do not overlap: only the last of them can reach into what is kept.
  if (cursor.valid()) {
    const Result<std::uint64_t> end = end_of(host, cursor);
    if (!end) {
      return end.error();
    }
    if (*end > last_to_go) {
      gone_to = sequence_of(cursor.key()).value_or(1) - 1;
      cursor.previous();
    }
  }
  for (std::size_t rows = 0; cursor.valid() && rows < limits::kHistoryTrimStep; ++rows) {
    database.erase(Family::kHistory, cursor.key(), out);
    cursor.previous();
  }
  const rocksdb::Status status = cursor.status();
  return status.ok() ? trim_revisions(database, host, std::min(gone_to, growth.kept_from - 1), out)
                     : error_of("history", status);
}

}  // namespace quotemill::storage
