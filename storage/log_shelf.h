// LogShelf: the boot logs that were written last as a whole, so that those of other hosts with the
// same image can be told by what differs from one of them.
//
// It only knows logs whose rows are in the store, or in the batch that is being made: it must
// forget one whose row goes, and after a failed commit all. In memory, bounded by
// limits::kShelfLogs.
//
// Threads: the commit thread's own.
#pragma once

#include <list>
#include <optional>

#include "engine/base/digest.h"
#include "storage/log_delta.h"

namespace quotemill::storage {

class LogShelf {
 public:
  struct Told {
    Digest base;
    ByteView steps;  // of log_delta.h; borrowed until the next call
  };

  // In a fraction of its size; nullopt if no log here is like it.
  std::optional<Told> tell(ByteView log);

  // Whether a log of this id was added and is still here.
  [[nodiscard]] bool has(const Digest& id) const;

  // A log that is written as a whole. Those too long to be told by are left out.
  void add(const Digest& id, ByteView log);

  // Its row goes.
  void forget(const Digest& id);

  void forget_all() { logs_.clear(); }

 private:
  struct Entry {
    Digest id;
    DeltaBase base;
  };

  std::list<Entry> logs_;  // the last used one first
  ByteWriter steps_;
};

}  // namespace quotemill::storage
