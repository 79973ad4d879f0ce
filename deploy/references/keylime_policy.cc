#include "deploy/references/keylime_policy.h"

#include "deploy/references/json_fields.h"
#include "deploy/references/readers.h"

namespace quotemill::references {
namespace {

using Visit = std::function<Result<void>(const KeylimeDigest& found)>;

Result<void> visit_member(const Json& policy, const char* name, const Visit& visit) {
  const Json* const paths = member(policy, name);
  if (paths == nullptr) {
    return {};
  }
  const std::string at = pointer_step(name);
  if (!paths->is_object()) {
    return wrong_at(at, "is no object");
  }
  for (const auto& [path, digests] : paths->items()) {
    const std::string place = at + pointer_step(path);
    if (!digests.is_array()) {
      return wrong_at(place, "is no list");
    }
    for (std::size_t i = 0; i < digests.size(); ++i) {
      const std::string here = place + pointer_step(i);
      const std::optional<Digest> digest = digest_in(digests[i]);
      if (!digest) {
        return wrong_at(here, "is no digest of a known size");
      }
      if (Result<void> visited = visit({path, *digest, name, here}); !visited) {
        return visited;
      }
    }
  }
  return {};
}

void note(const Json& policy, const char* name, const char* what, LeftOut& left_out) {
  const Json* const found = member(policy, name);
  if (found != nullptr && !found->empty()) {
    left_out.push_back(std::string("/") + name + ": " + what);
  }
}

}  // namespace

Result<void> for_each_keylime_digest(const Json& policy, const Visit& visit) {
  if (!policy.is_object() || member(policy, "digests") == nullptr) {
    return wrong_at("", "has no 'digests'");
  }
  for (const char* const name : {"digests", "keyrings", "ima-buf"}) {
    if (Result<void> visited = visit_member(policy, name, visit); !visited) {
      return visited;
    }
  }
  return {};
}

Result<std::vector<std::string>> keylime_exclusions(const Json& policy) {
  std::vector<std::string> patterns;
  const Json* const found = member(policy, "excludes");
  if (found == nullptr) {
    return patterns;
  }
  if (!found->is_array()) {
    return wrong_at("/excludes", "is no list");
  }
  for (std::size_t i = 0; i < found->size(); ++i) {
    if (!(*found)[i].is_string()) {
      return wrong_at("/excludes" + pointer_step(i), "is no text");
    }
    patterns.push_back((*found)[i].get<std::string>());
  }
  return patterns;
}

Result<void> read_keylime_policy(const Json& file, ReferenceCollector& out, LeftOut& left_out) {
  Result<void> read = for_each_keylime_digest(file, [&out](const KeylimeDigest& found) {
    ReferenceValue value;
    value.digest = found.digest;
    value.kind = ReferenceKind::kFile;
    value.name = found.path;
    value.source = found.member == "digests" ? "" : found.member;
    return add_at(out, std::move(value), found.place);
  });
  if (!read) {
    return read;
  }
  note(file, "excludes", "what is excluded is the policy's to say", left_out);
  note(file, "verification-keys", "keys are trusted by the policy's keyring", left_out);
  return {};
}

}  // namespace quotemill::references
