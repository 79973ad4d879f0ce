// DatabaseLog: what RocksDB says of itself, in the store's folder. Its own logger aborts the
// process when the disk is full (an assertion of its file writer, in the packages of Debian 12);
// this one loses lines instead.
#pragma once

#include <cstdarg>
#include <cstdint>
#include <mutex>
#include <string>

#include <rocksdb/env.h>

namespace quotemill::storage {

// Any thread.
class DatabaseLog final : public rocksdb::Logger {
 public:
  // Goes on with `folder`/LOG. One that cannot be written is passed over.
  explicit DatabaseLog(std::string folder);
  ~DatabaseLog() override;

  using rocksdb::Logger::Logv;
  void Logv(const char* format, va_list arguments) override;

 private:
  void open();
  void roll_over();

  const std::string folder_;
  std::mutex mutex_;
  int file_ = -1;
  std::uint64_t size_ = 0;
};

}  // namespace quotemill::storage
