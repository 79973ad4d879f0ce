// Sink: where events go. What it is given it has when deliver() returns without an Error, as far as
// its transport can tell.
#pragma once

#include <chrono>
#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "engine/base/result.h"
#include "transport/siem/event_format.h"

namespace quotemill::transport {

// An event that the receiver will not have, however often it is asked.
struct Refusal {
  std::size_t index = 0;  // among those given
  std::string reason;     // printable
};

// Used by one thread.
class Sink {
 public:
  Sink() = default;
  Sink(const Sink&) = delete;
  Sink& operator=(const Sink&) = delete;
  virtual ~Sink() = default;

  // Events in order. Those refused for good are named, by index, ascending; the rest has arrived.
  // After an Error any of them may have arrived; the caller gives them again, with the same ids.
  // Its code says what kind of failure it was (sink_cause.h). Blocks for some seconds at most, or
  // until its receiver has answered once after interrupt().
  virtual Result<std::vector<Refusal>> deliver(std::span<const RenderedEvent> events) = 0;

  // How long after deliver() what it was given may still be lost, if both ends die: of receivers
  // that confirm nothing.
  [[nodiscard]] virtual std::chrono::milliseconds confirmed_after() const { return {}; }

  // Whether what was delivered within confirmed_after may be lost: then it is to be given again
  // before anything else is. Asked before each delivery; says so once.
  [[nodiscard]] virtual bool wants_again() { return false; }

  // Whether some of what was given arrived before the last Error, and will not be sent again.
  [[nodiscard]] virtual bool made_headway() const { return false; }

  // Let deliver() end soon, with an Error, now and for ever. Any thread.
  virtual void interrupt() {}

  // After an Error: how long the receiver asked to be left alone. Zero: it did not say.
  [[nodiscard]] virtual std::chrono::milliseconds asked_pause() const { return {}; }
};

}  // namespace quotemill::transport
