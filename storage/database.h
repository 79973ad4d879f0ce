// Database: an open RocksDB with our column families, options and format version. The only class
// that holds RocksDB handles; RocksStore gives it meaning.
//
// Reads may come from any thread; writes are the caller's to serialise. Iterators must be gone
// before the Database is.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <rocksdb/compaction_filter.h>
#include <rocksdb/db.h>
#include <rocksdb/env.h>
#include <rocksdb/snapshot.h>
#include <rocksdb/write_batch.h>

#include "engine/base/result.h"
#include "engine/ports/history.h"
#include "storage/keyspace.h"

namespace quotemill::storage {

// The format of the store as a whole: raised when keys or column families change in a way that an
// older Quotemill must not write beside. Single records have versions of their own.
// 2: the journal is in use; 3: EK certificates have rows of their own (certificate_move.h).
inline constexpr std::uint64_t kFormatVersion = 3;

struct DatabaseOptions {
  std::string path;
  std::size_t cache_bytes = 0;
  std::shared_ptr<rocksdb::FileSystem> file_system;  // null: the system's; tests inject faults
  // Drops rows of the history when files are rewritten; null: none.
  std::shared_ptr<rocksdb::CompactionFilterFactory> history_filter = nullptr;
};

// How often what a cursor reads will be read.
enum class Reading : std::uint8_t {
  kAgain,
  kOnce,  // all of a large range: read far ahead, and kept out of the cache
};

// A moment of the store: what is read by it is as it was then, whatever is written meanwhile. Rows
// that the history filter drops may go nevertheless. Must be gone before its Database is.
class StoreMoment {
 public:
  explicit StoreMoment(rocksdb::DB& db) : held_(&db), snapshot_(held_.snapshot()) {}

  [[nodiscard]] const rocksdb::Snapshot* snapshot() const { return snapshot_; }

 private:
  rocksdb::ManagedSnapshot held_;
  const rocksdb::Snapshot* snapshot_;
};

class Database {
 public:
  // Opens the store, or creates it (folder mode 0700) if there is nothing. Refuses, and says why: a
  // store of a newer format, a RocksDB that is none of ours, a store in use, a damaged one. A
  // write-ahead log that ends within a record is repaired (that record was never acknowledged);
  // damage before its end is refused.
  static Result<std::unique_ptr<Database>> open(const DatabaseOptions& options);

  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;
  ~Database();

  [[nodiscard]] rocksdb::ColumnFamilyHandle* handle(Family family) const;
  // The family that a batch's column family id means; nullopt if it is none of ours.
  [[nodiscard]] std::optional<Family> family(std::uint32_t column_family_id) const;

  // For reads that must fit together.
  [[nodiscard]] StoreMoment moment() const { return StoreMoment(*db_); }

  // The value, or nullopt if there is none. As of `at`; null: now.
  [[nodiscard]] Result<std::optional<std::string>> get(Family family, std::string_view key,
                                                       const StoreMoment* at = nullptr) const;

  // Over the keys in [from, to); `to` empty: to the end. Its status() is to be asked at the end.
  class Cursor;
  [[nodiscard]] Cursor scan(Family family, std::string from, std::string to,
                            Reading reading = Reading::kAgain,
                            const StoreMoment* at = nullptr) const;

  // Into a batch of this database.
  void put(Family family, std::string_view key, std::string_view value,
           rocksdb::WriteBatch& out) const;
  void erase(Family family, std::string_view key, rocksdb::WriteBatch& out) const;
  // All keys in [from, to).
  void erase_range(Family family, std::string_view from, std::string_view to,
                   rocksdb::WriteBatch& out) const;

  // Atomic, and synced to the disk before it returns.
  rocksdb::Status write(rocksdb::WriteBatch& batch);
  // Atomic; until the next synced write a crash of the machine may lose it. What was written before
  // is then still there, whatever the families: logs are read in order, and RocksDB syncs the older
  // ones before it flushes a family of several.
  rocksdb::Status write_unsynced(rocksdb::WriteBatch& batch);

  // Whether every block of every file has the checksum that it was written with.
  [[nodiscard]] rocksdb::Status verify_checksums() const;

  // A copy as of now, in a folder that must not be there yet; files are linked where they can be.
  [[nodiscard]] rocksdb::Status checkpoint(const std::string& folder) const;

  // Bytes on disk and in memory tables, live data.
  [[nodiscard]] std::uint64_t live_bytes() const;
  [[nodiscard]] std::uint64_t live_bytes(Family family) const;
  // Of the whole database: memory, compactions, stalls, errors; the names without "rocksdb.".
  [[nodiscard]] std::vector<StoreFigure> figures() const;

  // Since it was opened.
  [[nodiscard]] std::uint64_t background_errors() const;
  // Tries at once what failed in the background, so that writes go on; Busy while RocksDB does so
  // by itself.
  rocksdb::Status resume();
  // RocksDB's estimate: what was written over may be counted twice until files are rewritten.
  [[nodiscard]] std::uint64_t rows(Family family) const;

  // Rewrites all files of the family: what its filter drops is gone then. For tests, and for
  // operators who cannot wait.
  rocksdb::Status compact(Family family);

 private:
  Database() = default;
  Result<void> open_families(const rocksdb::DBOptions& options, const DatabaseOptions& wanted,
                             std::vector<std::string> names);
  Result<void> check_format(const std::string& path);
  // Of a store of an older format also that it has yet to be moved.
  Result<void> write_format(bool is_older);

  std::unique_ptr<rocksdb::Env> env_;  // outlives db_
  std::unique_ptr<rocksdb::DB> db_;
  std::array<rocksdb::ColumnFamilyHandle*, kFamilies.size()> families_{};
  std::vector<rocksdb::ColumnFamilyHandle*> handles_;  // those and `default`; destroyed by us
};

// A bounded iterator; owns its bounds, which RocksDB only borrows.
class Database::Cursor {
 public:
  Cursor(rocksdb::DB& db, rocksdb::ColumnFamilyHandle* family, std::string from, std::string to,
         Reading reading, const StoreMoment* at = nullptr);

  void to_first() { iterator_->SeekToFirst(); }

  void to_last() { iterator_->SeekToLast(); }

  // To the first one at or behind `key`.
  void seek(std::string_view key) { iterator_->Seek(rocksdb::Slice(key)); }

  void next() { iterator_->Next(); }

  void previous() { iterator_->Prev(); }

  [[nodiscard]] bool valid() const { return iterator_->Valid(); }

  // Borrowed until the cursor moves. REQUIRES: valid()
  [[nodiscard]] std::string_view key() const { return iterator_->key().ToStringView(); }

  [[nodiscard]] std::string_view value() const { return iterator_->value().ToStringView(); }

  [[nodiscard]] rocksdb::Status status() const { return iterator_->status(); }

 private:
  struct Bounds {
    std::string from;
    std::string to;
    rocksdb::Slice lower;
    rocksdb::Slice upper;
  };

  std::unique_ptr<Bounds> bounds_;
  std::unique_ptr<rocksdb::Iterator> iterator_;
};

// For whoever reads rows: how a scan ended, and what a key is called that is none of the family's.
Result<void> finished(const Database::Cursor& cursor);
Error damaged_key(Family family);

}  // namespace quotemill::storage
