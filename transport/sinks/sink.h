// Sink: where changes of trust go. What it is given it has when deliver() returns without an Error,
// as far as its transport can tell.
#pragma once

#include <span>
#include <string>

#include "engine/base/result.h"

namespace quotemill::transport {

// Used by one thread.
class Sink {
 public:
  Sink() = default;
  Sink(const Sink&) = delete;
  Sink& operator=(const Sink&) = delete;
  virtual ~Sink() = default;

  // Events as render_event() makes them, in order. After an Error any of them may have arrived; the
  // caller gives them again, with the same ids. Blocks for some seconds at most.
  virtual Result<void> deliver(std::span<const std::string> events) = 0;
};

}  // namespace quotemill::transport
