#include "engine/eventlog/decode/field.h"

namespace quotemill {

Field::Field(std::string_view of_name, FieldValue of_value)
    : name(of_name), value(std::move(of_value)) {}

Field::Field(const Field& other) = default;
Field::Field(Field&& other) noexcept = default;
Field& Field::operator=(const Field& other) = default;
Field& Field::operator=(Field&& other) noexcept = default;
Field::~Field() = default;

}  // namespace quotemill
