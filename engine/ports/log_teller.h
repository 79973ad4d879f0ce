// LogTeller: tells a boot log by another one of the same image. Implemented by storage.
//
// For whoever judged the log: just then its bytes are in the processor's cache, and several logs
// are told at once. The commit thread would fetch each anew, one after another.
#pragma once

#include <cstdint>
#include <memory>

#include "engine/base/bytes.h"
#include "engine/base/digest.h"

namespace quotemill {

// What a store keeps of a log instead of its content.
struct LogTelling {
  Digest base;               // the id of the other log
  std::uint64_t number = 0;  // that the store gave it: its own, where an id may come twice
  Bytes steps;               // as the store that made them understands them
};

class LogTeller {
 public:
  LogTeller() = default;
  LogTeller(const LogTeller&) = delete;
  LogTeller& operator=(const LogTeller&) = delete;
  virtual ~LogTeller() = default;

  // Of a log as kept (engine/esxi/log/kept_log.h); null if no log is like it. It is no promise: if
  // the other log is gone when this one is committed, the commit looks for another one. Any thread.
  [[nodiscard]] virtual std::shared_ptr<const LogTelling> tell(ByteView log) const = 0;
};

}  // namespace quotemill
