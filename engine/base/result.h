// Result<T>: a value, or the Error that kept it from being.
//
// A subset of std::expected<T, Error> (C++23), so that it can become an alias of it one day. Always
// [[nodiscard]]: a dropped Result does not compile.
#pragma once

#include <cassert>
#include <optional>
#include <utility>
#include <variant>

#include "engine/base/error.h"

namespace quotemill {

template <class T>
class [[nodiscard]] Result {
 public:
  using value_type = T;

  // A function returns its value or its Error as they are.
  Result(T value)  // NOLINT(google-explicit-constructor)
      : state_(std::in_place_index<0>, std::move(value)) {}

  Result(Error error)  // NOLINT(google-explicit-constructor)
      : state_(std::in_place_index<1>, std::move(error)) {}

  [[nodiscard]] bool has_value() const { return state_.index() == 0; }

  explicit operator bool() const { return has_value(); }

  // REQUIRES: has_value()
  T& value() & {
    assert(has_value());
    return std::get<0>(state_);
  }

  [[nodiscard]] const T& value() const& {
    assert(has_value());
    return std::get<0>(state_);
  }

  T&& value() && {
    assert(has_value());
    return std::move(std::get<0>(state_));
  }

  T& operator*() & { return value(); }

  const T& operator*() const& { return value(); }

  T&& operator*() && { return std::move(*this).value(); }

  T* operator->() { return &value(); }

  const T* operator->() const { return &value(); }

  // REQUIRES: !has_value()
  [[nodiscard]] const Error& error() const {
    assert(!has_value());
    return std::get<1>(state_);
  }

 private:
  std::variant<T, Error> state_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  using value_type = void;

  Result() = default;

  Result(Error error) : error_(std::move(error)) {}  // NOLINT(google-explicit-constructor)

  [[nodiscard]] bool has_value() const { return !error_.has_value(); }

  explicit operator bool() const { return has_value(); }

  // REQUIRES: !has_value()
  [[nodiscard]] const Error& error() const {
    assert(error_.has_value());
    return *error_;
  }

 private:
  std::optional<Error> error_;
};

}  // namespace quotemill
