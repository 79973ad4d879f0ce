// Which changes a sink wants.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "engine/verdict/change.h"

namespace quotemill::transport {

using Labels = std::map<std::string, std::string>;

// What is empty takes all.
struct SinkFilter {
  std::vector<TrustState> states;  // of the state that a host came to
  Labels labels;                   // that the host must have, all of them
  // Of the worse of the two states: failed is kFail, warning and stale are kWarning. So a recovery
  // goes wherever the loss went.
  Severity severity_min = Severity::kInfo;
  bool without_maintenance = false;

  // `host` are the labels that the host has when its change leaves.
  [[nodiscard]] bool takes(const Change& change, const Labels& host) const;
};

}  // namespace quotemill::transport
