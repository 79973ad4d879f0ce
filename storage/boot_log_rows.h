// Rows of the boot logs: each log as a whole, or as what differs from one that is there as a whole.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "engine/base/result.h"
#include "engine/ports/records.h"
#include "storage/log_collection.h"
#include "storage/log_shelf.h"

namespace rocksdb {
class WriteBatch;
}  // namespace rocksdb

namespace quotemill::storage {

class Database;
class StoreMoment;

class BootLogRows {
 public:
  // Borrowed.
  explicit BootLogRows(LogCollection& collection) : collection_(collection) {}

  // Adds the rows of the logs to `out`. A log that is there already is left as it is: others may
  // lean on it; one that is there and cannot be read is written anew, as a whole. What a row leans
  // on is told to the collection. REQUIRES: ids are SHA-256
  void put(const Database& database, std::span<const BootLogRecord> logs, rocksdb::WriteBatch& out);

  // Removes a row that nothing rests on: no log may lean on it from now on.
  void erase(const Database& database, const Digest& id, rocksdb::WriteBatch& out);

  // As LogTeller::tell(). Any thread.
  [[nodiscard]] std::shared_ptr<const LogTelling> tell(ByteView log) const {
    return shelf_.tell(log);
  }

  // The batch failed: what it had is not there to be leant on.
  void failed() { shelf_.forget_all(); }

 private:
  // Whether the row is there and can be read; what it leans on is then told to the collection.
  bool is_there(const Database& database, const Digest& id);
  void make(const Database& database, const BootLogRecord& log);
  void make_whole(const BootLogRecord& log);
  void begin_row(const BootLogRecord& log, const Digest& base);

  // A row in `rows_`, which ends where the next one begins.
  struct Row {
    Digest id;
    std::size_t begin = 0;
  };

  LogCollection& collection_;
  LogShelf shelf_;
  ByteWriter rows_;  // of the logs that put() was given, in their order
  std::vector<Row> made_;
};

// The log that this one is told by; nullopt if it is whole. kNotFound, kStorage as below.
Result<std::optional<Digest>> base_of_boot_log_row(const Database& database, const Digest& id);

// The log as kept. kNotFound if there is none, kStorage if what is there does not make a log.
// As of `at`; null: now.
Result<Bytes> read_boot_log_row(const Database& database, const Digest& id,
                                const StoreMoment* at = nullptr);

// Files of baselines stand beside the logs, in rows like those of logs of version 1: one by its
// SHA-256, as it was written. Errors as above.
Result<Bytes> read_plain_row(const Database& database, const Digest& id);

// As History::boot_log_tellings(): a log that is told by another one by its row, any other by its
// id.
Result<void> boot_log_row_tellings(
    const Database& database, std::span<const Digest> ids,
    const std::function<void(std::size_t place, ByteView telling)>& visit);

}  // namespace quotemill::storage
