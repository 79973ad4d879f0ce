// Outbox: the changes that are kept for whoever has still to get them. Implemented by storage.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/base/result.h"

namespace quotemill {

// A stream, and where it begins: the changes and acts from there on, up to the next stream's, have
// its id in theirs.
struct StreamBegin {
  std::string id;            // ULID
  std::uint64_t change = 1;  // sequence of its first change
  std::uint64_t act = 1;     // number of its first act

  friend bool operator==(const StreamBegin&, const StreamBegin&) = default;
};

class Outbox {
 public:
  Outbox() = default;
  Outbox(const Outbox&) = delete;
  Outbox& operator=(const Outbox&) = delete;
  virtual ~Outbox() = default;

  // Drops changes with a sequence below `sequence`; the newest one always stays, because the next
  // one follows it. A crash may bring some of them back. Any thread, beside commits and reads.
  virtual Result<void> drop_changes(std::uint64_t sequence) = 0;

  // The store's streams, in their order; the last one is the present one. Never empty. What is
  // before the first is taken for the first's. Any thread.
  [[nodiscard]] virtual Result<std::vector<StreamBegin>> streams() const = 0;
};

}  // namespace quotemill
