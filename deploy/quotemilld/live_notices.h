// LiveNotices: what the subscribers of the change stream hear beside the changes: acts, soon after
// they are durable, and every minute that the stream is alive. As lines of JSON that have a "kind".
//
// The live view, as of changes: whoever was not there asks for `audit.list`. One thread.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "engine/ports/clock.h"
#include "engine/ports/history.h"

namespace quotemill::daemon {

class LiveNotices {
 public:
  using Tell = std::function<void(std::string line)>;

  // The history is borrowed. `heartbeat_ms`: how often.
  LiveNotices(const History& history, Tell tell, std::int64_t heartbeat_ms = 60'000)
      : history_(history), tell_(std::move(tell)), heartbeat_ms_(heartbeat_ms) {}

  // Tells what is due; acts since the first call. What cannot be read now is told with the next.
  void look(Moment now);

 private:
  const History& history_;
  const Tell tell_;
  const std::int64_t heartbeat_ms_;
  std::optional<std::uint64_t> next_act_;  // none before the first look
  std::optional<BootTime> heartbeat_;      // the last one
};

}  // namespace quotemill::daemon
