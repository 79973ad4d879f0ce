// Events for tests of sinks.
#pragma once

#include <string>
#include <vector>

#include "transport/siem/event_format.h"

namespace quotemill::transport {

// One event for each text; its id is "id-TEXT".
inline std::vector<RenderedEvent> events_of(const std::vector<std::string>& bodies) {
  std::vector<RenderedEvent> events;
  for (const std::string& body : bodies) {
    events.push_back({"id-" + body, "host", WallTime{1'795'471'200'123}, body});
  }
  return events;
}

}  // namespace quotemill::transport
