// Fields: what a decoder found, by name, for people and for JSON. A tree of plain values whose
// depth the decoders fix: nothing in it depends on the input but the values and the lengths of
// lists.
//
// All texts are printable ASCII already (engine/eventlog/decode/text.h), names are literals.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace quotemill {

struct Field;
using Fields = std::vector<Field>;
using FieldValue = std::variant<std::string, std::uint64_t, bool, std::vector<std::string>, Fields,
                                std::vector<Fields>>;

struct Field {
  Field(std::string_view of_name, FieldValue of_value);
  // Out of line: GCC 12 sees uninitialised values in what it inlines of std::variant's moves.
  Field(const Field& other);
  Field(Field&& other) noexcept;
  Field& operator=(const Field& other);
  Field& operator=(Field&& other) noexcept;
  ~Field();

  std::string_view name;
  FieldValue value;
};

}  // namespace quotemill
