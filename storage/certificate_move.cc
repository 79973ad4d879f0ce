#include "storage/certificate_move.h"

#include "storage/certificate_rows.h"
#include "storage/limits.h"
#include "storage/records.h"
#include "storage/rocks_status.h"

namespace quotemill::storage {
namespace {

Result<void> written(Database& database, rocksdb::WriteBatch& batch) {
  // The end of the move is synced, and all of it before that: logs are read in order.
  const rocksdb::Status status = database.write_unsynced(batch);
  batch.Clear();
  return status.ok() ? Result<void>() : error_of("store format", status);
}

Result<void> move_certificates_of(Database& database, Family family) {
  rocksdb::WriteBatch batch;
  Database::Cursor rows = database.scan(family, {}, {}, Reading::kOnce);
  for (rows.to_first(); rows.valid(); rows.next()) {
    const std::optional<HostUid> uid = host_of(rows.key());
    const Result<std::optional<MovedHost>> moved =
        uid ? without_certificate(*uid, rows.value())
            : Result<std::optional<MovedHost>>(
                  Error{ErrorCode::kStorage, "store format", 0, "damaged: a key of another shape"});
    if (!moved) {
      return moved.error();
    }
    if (!moved->has_value()) {
      continue;
    }
    put_certificate_row(database, (*moved)->certificate, batch);
    database.put(family, rows.key(), (*moved)->value, batch);
    if (batch.GetDataSize() >= limits::kMovedBytesAtOnce) {
      if (Result<void> step = written(database, batch); !step) {
        return step;
      }
    }
  }
  const rocksdb::Status status = rows.status();
  return status.ok() ? written(database, batch) : error_of("store format", status);
}

}  // namespace

Result<void> move_certificates(Database& database) {
  const Result<std::optional<std::string>> unmoved = database.get(Family::kMeta, kUnmovedKey);
  if (!unmoved) {
    return unmoved.error();
  }
  if (!unmoved->has_value()) {
    return {};
  }
  for (const Family family : {Family::kHosts, Family::kIdentities}) {
    if (Result<void> moved = move_certificates_of(database, family); !moved) {
      return moved;
    }
  }
  rocksdb::WriteBatch done;
  database.erase(Family::kMeta, kUnmovedKey, done);
  const rocksdb::Status status = database.write(done);
  return status.ok() ? Result<void>() : error_of("store format", status);
}

}  // namespace quotemill::storage
