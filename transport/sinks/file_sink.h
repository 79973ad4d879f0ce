// FileSink: events as lines of a file, for whatever follows files: Filebeat, Vector, Fluent Bit.
//
// The file has whole lines only: what a crash or a full disk left of a line is cut off, and comes
// again. It is rotated by renaming: FILE.1 is the last one, FILE.<keep> the oldest; one more is
// deleted. Its age counts from its making, or, where the file system does not remember that, from
// its last change before it was opened here. A file that somebody renamed or removed is let go, and
// begun anew under its name.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>

#include "transport/sinks/sink.h"

namespace quotemill::transport {

struct FileSinkOptions {
  std::string path;
  std::uint64_t rotate_bytes = 64 * 1024 * 1024;  // begin a new file beyond; 0: never
  std::chrono::seconds rotate_after{0};           // begin a new file when it is older; 0: never
  unsigned keep = 8;                              // rotated files; 0: what is full is deleted
  bool sync = true;                               // to the disk, before deliver() returns
  // Told of a file that is deleted to make room, before it is; empty: nobody.
  std::function<void(const std::string& path)> on_delete = {};
};

class FileSink final : public Sink {
 public:
  explicit FileSink(FileSinkOptions options) : options_(std::move(options)) {}

  ~FileSink() override;

  // Refuses nothing.
  Result<std::vector<Refusal>> deliver(std::span<const RenderedEvent> events) override;

  // The same for lines of whatever kind.
  Result<void> append(const std::string& lines);

 private:
  Result<void> open();
  void look_after_file();
  Result<void> sync_folder() const;
  Result<void> write_lines(const std::string& lines);
  [[nodiscard]] bool is_full() const;
  void rotate();
  void remove_oldest();
  void close();
  [[nodiscard]] Error failure(const char* what) const;

  const FileSinkOptions options_;
  int file_ = -1;
  std::uint64_t size_ = 0;
  std::chrono::system_clock::time_point begun_;  // of the file that is open
};

}  // namespace quotemill::transport
