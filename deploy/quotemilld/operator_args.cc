#include "deploy/quotemilld/operator_args.h"

#include "engine/base/text.h"

namespace quotemill::daemon {

using transport::Json;

const Json* OperatorArgs::find(const char* name) const {
  const auto found = args_.find(name);
  return found == args_.end() || found->is_null() ? nullptr : &*found;
}

void OperatorArgs::fail(const char* name, const std::string& what) {
  if (!error_) {
    error_ = transport::ControlError{ErrorCode::kConfig, std::string(name) + ": " + what, {}};
  }
}

std::string OperatorArgs::text(const char* name) {
  std::string value = text_or(name, {});
  if (value.empty()) {
    fail(name, "is missing");
  }
  return value;
}

std::string OperatorArgs::text_or(const char* name, std::string_view fallback) {
  const Json* value = find(name);
  if (value == nullptr) {
    return std::string(fallback);
  }
  if (!value->is_string()) {
    fail(name, "is no text");
    return {};
  }
  return value->get<std::string>();
}

std::uint64_t OperatorArgs::number_or(const char* name, std::uint64_t fallback, std::uint64_t max) {
  const Json* value = find(name);
  if (value == nullptr) {
    return fallback;
  }
  const bool is_natural = value->is_number_unsigned() ||
                          (value->is_number_integer() && value->get<std::int64_t>() >= 0);
  if (!is_natural || value->get<std::uint64_t>() > max) {
    fail(name, "is no number from 0 to " + std::to_string(max));
    return fallback;
  }
  return value->get<std::uint64_t>();
}

bool OperatorArgs::flag(const char* name) {
  const Json* value = find(name);
  if (value != nullptr && !value->is_boolean()) {
    fail(name, "is neither true nor false");
    return false;
  }
  return value != nullptr && value->get<bool>();
}

std::optional<TrustState> OperatorArgs::state(const char* name) {
  const std::string text = text_or(name, {});
  for (const TrustState state : {TrustState::kTrusted, TrustState::kWarning, TrustState::kFailed,
                                 TrustState::kStale, TrustState::kUnknown}) {
    if (name_of(state) == text) {
      return state;
    }
  }
  if (!text.empty()) {
    fail(name, "is none of trusted, warning, failed, stale, unknown");
  }
  return std::nullopt;
}

std::string OperatorArgs::who() {
  return escaped(text_or("operator", "unnamed"), 64);
}

const Json* OperatorArgs::list(const char* name, std::size_t max) {
  const Json* value = find(name);
  if (value == nullptr || !value->is_array() || value->size() > max) {
    fail(name, "is no list of at most " + std::to_string(max));
    return nullptr;
  }
  return value;
}

std::vector<std::string> OperatorArgs::texts(const char* name, std::size_t max) {
  const Json* value = find(name);
  std::vector<std::string> out;
  if (value == nullptr) {
    return out;
  }
  if (!value->is_array() || value->size() > max) {
    fail(name, "is no list of at most " + std::to_string(max));
    return out;
  }
  for (const Json& element : *value) {
    if (!element.is_string()) {
      fail(name, "is no list of texts");
      return {};
    }
    out.push_back(element.get<std::string>());
  }
  return out;
}

std::map<std::string, std::string> OperatorArgs::texts_by_name(const char* name, std::size_t max) {
  const Json* value = find(name);
  std::map<std::string, std::string> out;
  if (value == nullptr) {
    return out;
  }
  if (!value->is_object() || value->size() > max) {
    fail(name, "is no object of at most " + std::to_string(max) + " members");
    return out;
  }
  for (const auto& [key, element] : value->items()) {
    if (!element.is_string()) {
      fail(name, "has a member that is no text");
      return {};
    }
    out[key] = element.get<std::string>();
  }
  return out;
}

}  // namespace quotemill::daemon
