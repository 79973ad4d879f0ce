#include "engine/identity/ek_list.h"

#include <utility>

namespace quotemill {

Result<void> EkList::add(std::string ek_sha256, std::string name) {
  const auto [entry, added] = names_.try_emplace(std::move(ek_sha256), name);
  if (!added && entry->second != name) {
    return Error{
        ErrorCode::kConflict, "EK list", 0,
        "EK sha256:" + entry->first + " is listed as " + entry->second + " and as " + name};
  }
  reserved_.insert(std::move(name));
  return {};
}

std::optional<std::string> EkList::name_of(std::string_view ek_sha256) const {
  const auto found = names_.find(ek_sha256);
  return found == names_.end() ? std::nullopt : std::optional(found->second);
}

bool EkList::is_reserved(const std::string& name, std::string_view ek_sha256) const {
  return reserved_.contains(name) && name_of(ek_sha256) != name;
}

std::set<std::string, std::less<>> EkList::eks() const {
  std::set<std::string, std::less<>> eks;
  for (const auto& [ek, name] : names_) {
    eks.insert(ek);
  }
  return eks;
}

}  // namespace quotemill
