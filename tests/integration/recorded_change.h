// A change, or an event with one as its data, as the outbox keeps it: without what is told of the
// host at the moment when it leaves.
#pragma once

#include <nlohmann/json.hpp>

namespace quotemill::testing {

inline nlohmann::json as_recorded(nlohmann::json change) {
  if (!change.is_object()) {
    return change;
  }
  const auto host = change.find("host");
  if (host != change.end() && host->is_object()) {
    for (const char* of_the_moment : {"labels", "vendor", "model", "os", "os_version", "kernel"}) {
      host->erase(of_the_moment);
    }
  }
  const auto data = change.find("data");
  if (data != change.end()) {
    *data = as_recorded(*data);
  }
  return change;
}

}  // namespace quotemill::testing
