// DeadLetters: what a receiver refused for good, as lines of a file that is rotated.
//
// Each line is JSON: refused (when), reason, id, key, event (as it was given to the sink). Nothing
// is given up before it is here.
#pragma once

#include <span>
#include <string>

#include "engine/base/time.h"
#include "transport/sinks/file_sink.h"
#include "transport/sinks/sink.h"

namespace quotemill::transport {

class DeadLetters {
 public:
  explicit DeadLetters(const std::string& path);

  // Durable when it returns. `refused` are of these events.
  Result<void> add(std::span<const RenderedEvent> events, std::span<const Refusal> refused,
                   WallTime now);

 private:
  FileSink file_;
};

}  // namespace quotemill::transport
