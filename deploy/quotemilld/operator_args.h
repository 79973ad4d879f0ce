// OperatorArgs: the arguments of an operator's request, read by name.
//
// Sticky, as ByteReader is: the first one that is missing or of another kind is remembered, what is
// read afterwards is default, and error() tells.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/verdict/verdict.h"
#include "transport/control/control_message.h"

namespace quotemill::daemon {

class OperatorArgs {
 public:
  // Borrows `args`.
  explicit OperatorArgs(const transport::Json& args) : args_(args) {}

  // Required.
  std::string text(const char* name);
  // The fallback if it is absent or null.
  std::string text_or(const char* name, std::string_view fallback);
  std::uint64_t number_or(const char* name, std::uint64_t fallback, std::uint64_t max);
  bool flag(const char* name);
  // The name of a state; nullopt if it is absent or empty.
  std::optional<TrustState> state(const char* name);
  // Empty if it is absent; at most `max` texts.
  std::vector<std::string> texts(const char* name, std::size_t max);

  // Texts by name; empty if it is absent; at most `max` of them.
  std::map<std::string, std::string> texts_by_name(const char* name, std::size_t max);

  // Required: a list of at most `max` elements of any kind. Null after a failure.
  const transport::Json* list(const char* name, std::size_t max);

  // Who asks, for the record: "operator", escaped.
  std::string who();

  // Marks an argument as wrong; the first failure stays.
  void fail(const char* name, const std::string& what);

  [[nodiscard]] bool ok() const { return !error_; }

  // REQUIRES: !ok()
  [[nodiscard]] const transport::ControlError& error() const { return *error_; }

 private:
  // Null if it is absent or null.
  const transport::Json* find(const char* name) const;

  const transport::Json& args_;
  std::optional<transport::ControlError> error_;
};

}  // namespace quotemill::daemon
