// DeadLetters: what a receiver refused for good, as lines of a file that is rotated.
//
// Each line is JSON: refused (when), reason, id, key, event (as it was given to the sink). Nothing
// is given up before it is here; what is beyond its bounds goes, the oldest first, and is counted.
#pragma once

#include <span>
#include <string>
#include <utility>

#include "engine/base/time.h"
#include "transport/sinks/file_sink.h"
#include "transport/sinks/sink.h"

namespace quotemill::transport {

class DeadLetters {
 public:
  // A file is rotated beyond `file_bytes`; four older ones are kept.
  explicit DeadLetters(const std::string& path, std::uint64_t file_bytes = 16 * 1024 * 1024);
  DeadLetters(const DeadLetters&) = delete;
  DeadLetters& operator=(const DeadLetters&) = delete;

  // Durable when it returns. `refused` are of these events.
  Result<void> add(std::span<const RenderedEvent> events, std::span<const Refusal> refused,
                   WallTime now);

  // How many letters went since this was asked last.
  std::uint64_t take_dropped() { return std::exchange(dropped_, 0); }

 private:
  std::uint64_t dropped_ = 0;
  FileSink file_;
};

}  // namespace quotemill::transport
