// FileSink: events as lines of a file, for whatever follows files: Filebeat, Vector, Fluent Bit.
//
// The file has whole lines only: what a crash or a full disk left of a line is cut off, and comes
// again. It is rotated by renaming: FILE.1 is the last one, FILE.<keep> the oldest.
#pragma once

#include <cstdint>
#include <string>

#include "transport/sinks/sink.h"

namespace quotemill::transport {

struct FileSinkOptions {
  std::string path;
  std::uint64_t rotate_bytes = 64 * 1024 * 1024;  // begin a new file beyond; 0: never
  unsigned keep = 8;                              // rotated files
};

class FileSink final : public Sink {
 public:
  explicit FileSink(FileSinkOptions options) : options_(std::move(options)) {}

  ~FileSink() override;

  // Synced to the disk before it returns.
  Result<void> deliver(std::span<const std::string> events) override;

 private:
  Result<void> open();
  Result<void> write_lines(const std::string& lines);
  void rotate();
  void close();
  [[nodiscard]] Error failure(const char* what) const;

  const FileSinkOptions options_;
  int file_ = -1;
  std::uint64_t size_ = 0;
};

}  // namespace quotemill::transport
