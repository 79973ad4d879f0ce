// Rows of the boot logs: each log as a whole, or as what differs from one that is there as a whole.
#pragma once

#include "engine/base/result.h"
#include "engine/ports/records.h"
#include "storage/log_shelf.h"

namespace rocksdb {
class WriteBatch;
}  // namespace rocksdb

namespace quotemill::storage {

class Database;

class BootLogRows {
 public:
  // Adds the row of the log to `out`. A whole log that is there already is left as it is.
  // REQUIRES: its id is a SHA-256
  void put(const Database& database, const BootLogRecord& log, rocksdb::WriteBatch& out);

  // The batch failed: what it had is not there to be leant on.
  void failed() { shelf_.forget_all(); }

 private:
  LogShelf shelf_;
  ByteWriter row_;
};

// kNotFound if there is none, kStorage if what is there does not make a log.
Result<Bytes> read_boot_log_row(const Database& database, const Digest& id);

}  // namespace quotemill::storage
