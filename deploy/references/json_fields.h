// What the readers of JSON files share: members by name, each mistake with its JSON pointer.
#pragma once

#include <optional>
#include <string>

#include "deploy/references/strict_json.h"
#include "engine/base/digest.h"
#include "engine/baseline/reference_collector.h"
#include "engine/baseline/reference_list.h"

namespace quotemill::references {

// Null if there is no such member.
inline const Json* member(const Json& object, const char* name) {
  const auto found = object.find(name);
  return found == object.end() ? nullptr : &*found;
}

// The member, which must be of the kind; an Error that names `at` otherwise.
inline Result<const Json*> required(const Json& object, const std::string& at, const char* name,
                                    Json::value_t kind, const char* what) {
  const Json* const found = member(object, name);
  if (found == nullptr) {
    return wrong_at(at, std::string("has no '") + name + "'");
  }
  return found->type() == kind ? Result<const Json*>(found)
                               : wrong_at(at + pointer_step(name), std::string("is no ") + what);
}

// "sha256:<hex>", "0x<hex>" or digits alone.
inline std::optional<Digest> digest_in(const Json& value) {
  if (!value.is_string()) {
    return std::nullopt;
  }
  std::string_view text = value.get_ref<const std::string&>();
  if (text.starts_with("0x")) {
    text.remove_prefix(2);
  }
  return digest_of_text(text);
}

// Adds it, and names `at` if it is refused.
inline Result<void> add_at(ReferenceCollector& out, ReferenceValue value, const std::string& at) {
  const Result<void> added = out.add(std::move(value));
  if (added) {
    return {};
  }
  Error error = wrong_at(at, added.error().detail);
  error.code = added.error().code;
  return error;
}

}  // namespace quotemill::references
