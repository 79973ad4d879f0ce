// A file system whose write-ahead log, or whose tables, fail on demand.
#pragma once

#include <atomic>
#include <memory>

#include <rocksdb/file_system.h>

namespace quotemill::testing {

enum class Fault {
  kNone,
  kAppend,  // nothing reaches the file
  kSync,    // all reaches the file, and fsync says that it failed
  kFull,    // nothing reaches the file, because the disk is full
  kTable,   // no new table: what RocksDB writes in the background
};

// Owned by the test, shared with every file of the store.
class FaultyFileSystem : public rocksdb::FileSystemWrapper {
 public:
  FaultyFileSystem();

  [[nodiscard]] const char* Name() const override { return "FaultyFileSystem"; }

  void set(Fault fault) { fault_->store(fault); }

  rocksdb::IOStatus NewWritableFile(const std::string& name, const rocksdb::FileOptions& options,
                                    std::unique_ptr<rocksdb::FSWritableFile>* result,
                                    rocksdb::IODebugContext* debug) override;

 private:
  std::shared_ptr<std::atomic<Fault>> fault_;
};

}  // namespace quotemill::testing
