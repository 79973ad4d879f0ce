// Parts of the reports that several commands print as JSON.
#pragma once

#include <optional>

#include <nlohmann/json.hpp>

#include "engine/eventlog/decode/field.h"
#include "engine/verdict/finding.h"

namespace quotemill::offline {

using Json = nlohmann::ordered_json;

template <class T>
Json or_null(const std::optional<T>& value) {
  return value.has_value() ? Json(*value) : Json(nullptr);
}

Json json_of(const Finding& finding);
Json json_of(const Findings& findings);

// An object; lists of fields are arrays of objects.
Json json_of(const Fields& fields);

}  // namespace quotemill::offline
