// Keylime's runtime policy (keylime/ima/ima.py): what IMA may measure.
//
//   {"meta": …, "release": …, "digests": {"/usr/bin/ls": ["<hex>", …], …}, "excludes": ["<regex>"],
//    "keyrings": {".ima": ["<hex>"]}, "ima": …, "ima-buf": {"dm_table_load": ["<hex>"]},
//    "verification-keys": …}
#include "deploy/references/json_fields.h"
#include "deploy/references/readers.h"

namespace quotemill::references {
namespace {

constexpr const char* kDigestMembers[] = {"digests", "keyrings", "ima-buf"};

Result<void> add_digests(const Json& policy, const char* name, ReferenceCollector& out) {
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
      const std::optional<Digest> digest = digest_in(digests[i]);
      if (!digest) {
        return wrong_at(place + pointer_step(i), "is no digest of a known size");
      }
      ReferenceValue value;
      value.digest = *digest;
      value.kind = ReferenceKind::kFile;
      value.name = path;
      value.source = std::string_view(name) == "digests" ? "" : name;
      if (Result<void> added = add_at(out, std::move(value), place + pointer_step(i)); !added) {
        return added;
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

Result<void> read_keylime_policy(const Json& file, ReferenceCollector& out, LeftOut& left_out) {
  if (member(file, "digests") == nullptr) {
    return wrong_at("", "has no 'digests'");
  }
  for (const char* const name : kDigestMembers) {
    if (Result<void> added = add_digests(file, name, out); !added) {
      return added;
    }
  }
  note(file, "excludes", "what is excluded is the policy's to say", left_out);
  note(file, "verification-keys", "keys are trusted by the policy's keyring", left_out);
  return {};
}

}  // namespace quotemill::references
