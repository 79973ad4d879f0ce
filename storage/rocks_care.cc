// Backup, check, sizes, and what is kept: of logs, history and the outbox.
#include <algorithm>
#include <filesystem>

#include "storage/database.h"
#include "storage/rocks_status.h"
#include "storage/rocks_store.h"
#include "storage/store_check.h"
#include "storage/ulid.h"

namespace quotemill::storage {
namespace {

constexpr const char* kPartialSuffix = ".partial";

// A copy that failed half-way is worse than none.
Error given_up(const std::string& folder, Error error) {
  std::error_code unused;
  std::filesystem::remove_all(folder, unused);
  return error;
}

Result<void> give_new_stream(const std::string& folder, const std::string& stream_id) {
  const Result<std::unique_ptr<Database>> copy = Database::open({folder, 0, nullptr});
  if (!copy) {
    return copy.error();
  }
  rocksdb::WriteBatch batch;
  (*copy)->put(Family::kMeta, kStreamKey, encode_plain(stream_id), batch);
  const rocksdb::Status status = (*copy)->write(batch);
  return status.ok() ? Result<void>() : error_of("backup", status);
}

}  // namespace

Result<void> RocksStore::backup(const std::string& folder) const {
  const std::shared_lock lock(mutex_);
  if (Result<void> ready = usable(); !ready) {
    return ready;
  }
  if (folder.empty() || folder.front() != '/' || std::filesystem::exists(folder)) {
    return Error{ErrorCode::kConfig, "backup", 0,
                 "needs the absolute path of a folder that is not there yet"};
  }
  const Result<std::string> stream_id = fresh_ulid();
  if (!stream_id) {
    return stream_id.error();
  }
  // Under its name only when it is whole: whoever is killed half-way leaves no folder that would
  // carry this store's stream on.
  const std::string partial = folder + kPartialSuffix;
  std::error_code failure;
  std::filesystem::remove_all(partial, failure);
  std::filesystem::remove_all(partial + ".tmp", failure);  // RocksDB's own
  if (const rocksdb::Status status = database_->checkpoint(partial); !status.ok()) {
    return given_up(partial, error_of("backup", status));
  }
  std::filesystem::permissions(partial, std::filesystem::perms::owner_all, failure);
  if (Result<void> named = give_new_stream(partial, *stream_id); !named) {
    return given_up(partial, named.error());
  }
  std::filesystem::rename(partial, folder, failure);
  return failure ? Result<void>(given_up(
                       partial, {ErrorCode::kIo, "backup", 0, partial + ": " + failure.message()}))
                 : Result<void>();
}

Result<StoreSizes> RocksStore::sizes() const {
  const std::shared_lock lock(mutex_);
  if (Result<void> ready = usable(); !ready) {
    return ready.error();
  }
  const auto part = [this](std::initializer_list<Family> families) {
    StoreSizes::Part out;
    for (const Family family : families) {
      out.bytes += database_->live_bytes(family);
      out.rows = std::max(out.rows, database_->rows(family));
    }
    return out;
  };
  return StoreSizes{part({Family::kHosts, Family::kIdentities, Family::kStates, Family::kEvidence}),
                    part({Family::kHistory, Family::kRevisions}), part({Family::kBlobs}),
                    part({Family::kChanges}), part({Family::kJournal})};
}

Result<std::uint64_t> RocksStore::collect_logs() {
  const std::shared_lock lock(mutex_);
  if (Result<void> ready = usable(); !ready) {
    return ready.error();
  }
  collection_.begin();
  RetentionPlanner planner(options_.history_ages, options_.history_counts, retention_->now());
  Result<std::vector<Digest>> unused =
      find_unused_logs(*database_, [&planner](const HistoryEntry& entry) { planner.add(entry); });
  if (!unused) {
    collection_.found({});
    return unused.error();
  }
  if (retention_->now().ms != 0) {
    retention_->adopt(planner.take());
  }
  const std::uint64_t count = unused->size();
  collection_.found(*std::move(unused));
  return count;
}

Result<void> RocksStore::drop_old_history() {
  const std::shared_lock lock(mutex_);
  if (Result<void> ready = usable(); !ready) {
    return ready;
  }
  for (const Family family : {Family::kHistory, Family::kRevisions}) {
    if (const rocksdb::Status status = database_->compact(family); !status.ok()) {
      return error_of("history", status);
    }
  }
  return {};
}

// Not synced: what comes back after a crash is dropped again.
Result<void> RocksStore::drop_changes(std::uint64_t sequence) {
  const std::shared_lock lock(mutex_);
  if (Result<void> ready = usable(); !ready) {
    return ready;
  }
  Database::Cursor changes = database_->scan(Family::kChanges, {}, {});
  changes.to_last();
  const std::uint64_t newest = changes.valid() ? sequence_of(changes.key()).value_or(0) : 0;
  if (const rocksdb::Status status = changes.status(); !status.ok()) {
    return error_of("outbox", status);
  }
  rocksdb::WriteBatch batch;
  database_->erase_range(Family::kChanges, change_key(0), change_key(std::min(sequence, newest)),
                         batch);
  const rocksdb::Status status = database_->write_unsynced(batch);
  return status.ok() ? Result<void>() : error_of("outbox", status);
}

Result<StoreReport> RocksStore::check() const {
  const std::shared_lock lock(mutex_);
  if (Result<void> ready = usable(); !ready) {
    return ready.error();
  }
  return check_store(*database_);
}

}  // namespace quotemill::storage
