// Outbox: the changes that are kept for whoever has still to get them. Implemented by storage.
#pragma once

#include <cstdint>

#include "engine/base/result.h"

namespace quotemill {

class Outbox {
 public:
  Outbox() = default;
  Outbox(const Outbox&) = delete;
  Outbox& operator=(const Outbox&) = delete;
  virtual ~Outbox() = default;

  // Drops changes with a sequence below `sequence`; the newest one always stays, because the next
  // one follows it. A crash may bring some of them back. Any thread, beside commits and reads.
  virtual Result<void> drop_changes(std::uint64_t sequence) = 0;
};

}  // namespace quotemill
