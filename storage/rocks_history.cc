// Reading what was: appraisals, revisions, changes, acts.
#include <algorithm>
#include <limits>

#include "storage/certificate_rows.h"
#include "storage/database.h"
#include "storage/rocks_store.h"

namespace quotemill::storage {

namespace {

constexpr std::uint64_t kLastSequence = std::numeric_limits<std::uint64_t>::max();

// Adds a row of the history behind those that are newer, and `pending`, the run that goes on in
// memory, in its place. Of two that begin the same the one that goes further is the newer one.
void add_newest_first(HistoryEntry row, std::optional<HistoryEntry>& pending,
                      std::vector<HistoryEntry>& out) {
  if (!pending || row.first_sequence() > pending->first_sequence()) {
    out.push_back(std::move(row));
    return;
  }
  const bool is_of_that_run = row.first_sequence() == pending->first_sequence();
  const bool goes_further = is_of_that_run && row.sequence > pending->sequence;
  if (!goes_further) {
    out.push_back(*std::move(pending));
  }
  pending.reset();
  if (!is_of_that_run || goes_further) {
    out.push_back(std::move(row));
  }
}

// Rows of a family whose keys end in a number, in their order: at most `limit` of them.
template <class Record>
Result<std::vector<Record>> numbered(const Database& database, Family family,
                                     const std::string& from, std::size_t limit,
                                     Result<Record> (*decode)(std::uint64_t, std::string_view)) {
  std::vector<Record> out;
  Database::Cursor cursor = database.scan(family, from, {});
  for (cursor.to_first(); cursor.valid() && out.size() < limit; cursor.next()) {
    const std::optional<std::uint64_t> number = sequence_of(cursor.key());
    if (!number) {
      return damaged_key(family);
    }
    Result<Record> record = decode(*number, cursor.value());
    if (!record) {
      return record.error();
    }
    out.push_back(*std::move(record));
  }
  if (Result<void> done = finished(cursor); !done) {
    return done.error();
  }
  return out;
}

}  // namespace

Result<std::vector<HistoryEntry>> RocksStore::history(const HostUid& host, std::uint64_t before,
                                                      std::size_t limit) const {
  const std::shared_lock lock(mutex_);
  if (Result<void> ready = usable(); !ready) {
    return ready.error();
  }
  // Before the rows, as for states.
  std::optional<HistoryEntry> pending = journal_.runs().pending_history(host);
  if (pending && before != 0 && pending->first_sequence() >= before) {
    pending.reset();
  }
  std::vector<HistoryEntry> out;
  Database::Cursor cursor =
      database_->scan(Family::kHistory, history_key(host, 0),
                      history_key(host, before == 0 ? kLastSequence : before));
  for (cursor.to_last(); cursor.valid() && out.size() < limit; cursor.previous()) {
    const std::optional<std::uint64_t> sequence = sequence_of(cursor.key());
    if (!sequence) {
      return damaged_key(Family::kHistory);
    }
    Result<HistoryEntry> entry = decode_appraisal(host, *sequence, cursor.value());
    if (!entry) {
      return entry.error();
    }
    add_newest_first(*std::move(entry), pending, out);
  }
  if (Result<void> done = finished(cursor); !done) {
    return done.error();
  }
  if (pending) {
    out.push_back(*std::move(pending));
  }
  out.resize(std::min(out.size(), limit));
  return out;
}

Result<std::vector<VerdictRevision>> RocksStore::revisions(const HostUid& host, std::uint64_t from,
                                                           std::uint64_t to,
                                                           std::size_t limit) const {
  const std::shared_lock lock(mutex_);
  if (Result<void> ready = usable(); !ready) {
    return ready.error();
  }
  std::vector<VerdictRevision> out;
  Database::Cursor cursor =
      database_->scan(Family::kRevisions, revision_key(host, from, {}),
                      revision_key(host, std::min(to, kLastSequence - 1) + 1, {}));
  for (cursor.to_last(); cursor.valid() && out.size() < limit; cursor.previous()) {
    const std::optional<RevisionPlace> place = revision_of(cursor.key());
    if (!place) {
      return damaged_key(Family::kRevisions);
    }
    Result<VerdictRevision> revision =
        decode_revision(host, place->sequence, place->time, cursor.value());
    if (!revision) {
      return revision.error();
    }
    out.push_back(*std::move(revision));
  }
  if (Result<void> done = finished(cursor); !done) {
    return done.error();
  }
  return out;
}

Result<HostRecord> RocksStore::former_identity(const HostUid& host,
                                               std::uint32_t generation) const {
  const std::shared_lock lock(mutex_);
  if (Result<void> ready = usable(); !ready) {
    return ready.error();
  }
  const Result<std::optional<std::string>> value =
      database_->get(Family::kIdentities, identity_key(host, generation));
  if (!value) {
    return value.error();
  }
  if (!value->has_value()) {
    return Error{ErrorCode::kNotFound, "identity", 0, host.hex()};
  }
  return decode_host(host, **value);
}

Result<Bytes> RocksStore::ek_certificate(const HostUid& host, const Digest& sha256) const {
  const std::shared_lock lock(mutex_);
  if (Result<void> ready = usable(); !ready) {
    return ready.error();
  }
  return read_certificate_row(*database_, host, sha256);
}

Result<std::vector<Change>> RocksStore::changes(std::uint64_t from, std::size_t limit) const {
  const std::shared_lock lock(mutex_);
  if (Result<void> ready = usable(); !ready) {
    return ready.error();
  }
  return numbered(*database_, Family::kChanges, change_key(from), limit, decode_change);
}

Result<std::vector<AuditRecord>> RocksStore::audit(std::uint64_t from, std::size_t limit) const {
  const std::shared_lock lock(mutex_);
  if (Result<void> ready = usable(); !ready) {
    return ready.error();
  }
  return numbered(*database_, Family::kAudit, audit_key(from), limit, decode_audit);
}

Result<AuditHead> RocksStore::audit_head() const {
  const std::shared_lock lock(mutex_);
  if (Result<void> ready = usable(); !ready) {
    return ready.error();
  }
  Database::Cursor cursor = database_->scan(Family::kAudit, {}, {});
  cursor.to_last();
  if (!cursor.valid()) {
    const Result<void> done = finished(cursor);
    return done ? Result<AuditHead>(AuditHead{}) : done.error();
  }
  const std::optional<std::uint64_t> number = sequence_of(cursor.key());
  if (!number) {
    return damaged_key(Family::kAudit);
  }
  const Result<AuditRecord> newest = decode_audit(*number, cursor.value());
  return newest ? Result<AuditHead>(AuditHead{newest->number, newest->id}) : newest.error();
}

}  // namespace quotemill::storage
