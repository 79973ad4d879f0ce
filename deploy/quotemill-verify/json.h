// What the commands' JSON has in common.
#pragma once

#include <optional>

#include <nlohmann/json.hpp>

#include "engine/verdict/finding.h"

namespace quotemill::offline {

using Json = nlohmann::ordered_json;

template <class T>
Json or_null(const std::optional<T>& value) {
  return value.has_value() ? Json(*value) : Json(nullptr);
}

inline Json finding_json(const Finding& finding) {
  return {{"code", name_of(finding.code)},
          {"severity", name_of(finding.severity)},
          {"pcr", or_null(finding.pcr)},
          {"event", or_null(finding.event)},
          {"message", message_of(finding)}};
}

}  // namespace quotemill::offline
