// Decoded fields as one line of text, for tests that compare all of them.
#pragma once

#include <string>
#include <vector>

#include "engine/eventlog/decode/field.h"

namespace quotemill::testing {

std::string shown(const Fields& fields);

namespace detail {

inline std::string shown(const std::string& text) {
  return text;
}

inline std::string shown(std::uint64_t number) {
  return std::to_string(number);
}

inline std::string shown(bool flag) {
  return flag ? "true" : "false";
}

inline std::string shown(const Fields& fields) {
  return "{" + testing::shown(fields) + "}";
}

template <class Value>
std::string shown(const std::vector<Value>& values) {
  std::string text;
  for (const Value& value : values) {
    text += (text.empty() ? "" : ", ") + shown(value);
  }
  return "[" + text + "]";
}

}  // namespace detail

// "name=db, count=1, signatures=[{type=EFI_CERT_SHA256, data=ab}]".
inline std::string shown(const Fields& fields) {
  std::string text;
  for (const Field& field : fields) {
    text += (text.empty() ? "" : ", ") + std::string(field.name) + "=" +
            std::visit([](const auto& value) { return detail::shown(value); }, field.value);
  }
  return text;
}

}  // namespace quotemill::testing
