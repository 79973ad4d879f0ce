// LogShelf: the boot logs that were written last as a whole, so that those of other hosts with the
// same image can be told by what differs from one of them.
//
// It only knows logs whose rows are in the store, or in the batch that is being made: it must
// forget one whose row goes, and after a failed commit all. In memory, bounded by
// limits::kShelfLogs.
//
// Threads: tell() by any, all else by the commit thread.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "engine/base/digest.h"
#include "engine/ports/log_teller.h"
#include "storage/log_delta.h"

namespace quotemill::storage {

class LogShelf {
 public:
  // In a fraction of its size; null if no log here is like it.
  [[nodiscard]] std::shared_ptr<const LogTelling> tell(ByteView log) const;

  // Whether a log of this id is here, or the very one that another log was told by; it is the last
  // used one then. Where a commit failed, an id may come again with another log.
  bool use(const Digest& id);
  bool use(const LogTelling& telling);

  // A log that is written as a whole. Those too long to be told by are left out.
  void add(const Digest& id, ByteView log);

  // Its row goes.
  void forget(const Digest& id);
  void forget_all();

 private:
  struct Entry {
    Digest id;
    std::uint64_t number;  // 1, 2, … of those that were added
    DeltaBase base;
  };

  // The last used one first. Never changed, only replaced: who tells a log holds the ones of
  // before.
  using Entries = std::vector<std::shared_ptr<const Entry>>;

  [[nodiscard]] std::shared_ptr<const Entries> entries() const;
  template <class Matches>
  bool use_first(Matches matches);
  void replace(Entries entries);

  mutable std::mutex mutex_;
  std::shared_ptr<const Entries> entries_ = std::make_shared<const Entries>();
  std::uint64_t added_ = 0;  // the commit thread's own
};

}  // namespace quotemill::storage
