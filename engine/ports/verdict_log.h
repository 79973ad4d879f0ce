// VerdictLog: makes a batch of verdicts durable. Implemented by storage (RocksDB, and in memory).
#pragma once

#include <string>

#include "engine/base/result.h"
#include "engine/ports/records.h"

namespace quotemill {

class VerdictLog {
 public:
  VerdictLog() = default;
  VerdictLog(const VerdictLog&) = delete;
  VerdictLog& operator=(const VerdictLog&) = delete;
  virtual ~VerdictLog() = default;

  // One atomic, synced write: when it returns without an Error, nothing in `batch` can be lost by a
  // crash. After an Error none of it is there, and the caller sends no receipt for it. Called by
  // the commit thread alone.
  virtual Result<void> commit(const CommitBatch& batch) = 0;

  // Gives the stream a new id (a ULID), because something was lost. Durable when it returns.
  virtual Result<std::string> renew_stream() = 0;
};

}  // namespace quotemill
