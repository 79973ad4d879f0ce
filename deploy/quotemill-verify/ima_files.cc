#include "deploy/quotemill-verify/ima_files.h"

#include <algorithm>
#include <system_error>

#include <nlohmann/json.hpp>

#include "deploy/quotemill-verify/input_files.h"
#include "engine/base/limits.h"
#include "engine/base/text.h"
#include "engine/eventlog/ima_reader.h"

namespace quotemill::offline {
namespace {

using Json = nlohmann::json;

Error malformed(std::string detail) {
  return {ErrorCode::kMalformed, "runtime policy", 0, std::move(detail)};
}

std::optional<Digest> digest_of(const Json& value) {
  const std::optional<Bytes> bytes =
      value.is_string() ? from_hex(value.get_ref<const std::string&>()) : std::nullopt;
  const std::optional<HashAlgorithm> algorithm =
      bytes.has_value() ? sha_of_size(bytes->size()) : std::nullopt;
  return algorithm.has_value() ? Digest::from(*algorithm, *bytes) : std::nullopt;
}

// {"/usr/bin/ls": ["<hex>", …], …}
Result<void> add_digests(const Json& policy, const char* member, ImaReferencesBuilder& builder) {
  const auto found = policy.find(member);
  if (found == policy.end()) {
    return {};
  }
  if (!found->is_object()) {
    return malformed(std::string("'") + member + "' is no object");
  }
  for (const auto& [path, digests] : found->items()) {
    if (!digests.is_array()) {
      return malformed("the digests of '" + escaped(path) + "' are no list");
    }
    for (const Json& text : digests) {
      const std::optional<Digest> digest = digest_of(text);
      if (!digest.has_value()) {
        return malformed("a digest of '" + escaped(path) + "' is none");
      }
      const Result<void> added = builder.add(path, *digest);
      if (!added) {
        return added.error();
      }
    }
  }
  return {};
}

Result<void> add_exclusions(const Json& policy, ReferenceExtras& extras) {
  const auto found = policy.find("excludes");
  if (found == policy.end()) {
    return {};
  }
  if (!found->is_array()) {
    return malformed("'excludes' is no list");
  }
  for (const Json& pattern : *found) {
    if (!pattern.is_string()) {
      return malformed("an exclusion is no text");
    }
    extras.exclusions.push_back("(?:" + pattern.get<std::string>() + ").*");
  }
  return {};
}

Result<void> add_keylime_policy(std::string_view contents, ImaReferencesBuilder& builder,
                                ReferenceExtras& extras) {
  const Json policy = Json::parse(contents, nullptr, false);
  if (!policy.is_object()) {
    return malformed("is no JSON object");
  }
  if (policy.find("digests") == policy.end()) {
    return malformed("has no 'digests'");
  }
  for (const char* const member : {"digests", "keyrings", "ima-buf"}) {
    const Result<void> added = add_digests(policy, member, builder);
    if (!added) {
      return added;
    }
  }
  return add_exclusions(policy, extras);
}

}  // namespace

Result<void> add_reference_file(std::string_view contents, ImaReferencesBuilder& builder,
                                ReferenceExtras& extras) {
  const std::size_t first = contents.find_first_not_of(" \t\r\n");
  return first != std::string_view::npos && contents[first] == '{'
             ? add_keylime_policy(contents, builder, extras)
             : builder.add_text(contents);
}

Result<void> read_keyring(const std::filesystem::path& folder, ImaKeyring& keyring) {
  std::error_code failed;
  std::vector<std::filesystem::path> files;
  for (auto at = std::filesystem::directory_iterator(folder, failed);
       !failed && at != std::filesystem::directory_iterator(); at.increment(failed)) {
    if (at->is_regular_file(failed)) {
      files.push_back(at->path());
    }
  }
  const std::string name = escaped(folder.string());
  if (failed) {
    return Error{ErrorCode::kIo, "keyring", 0, name + ": " + failed.message()};
  }
  if (files.empty() || files.size() > limits::kKeyringFilesMax) {
    return Error{ErrorCode::kConfig, "keyring", 0, name + ": no certificates, or too many files"};
  }
  std::sort(files.begin(), files.end());
  for (const std::filesystem::path& path : files) {
    const Result<Bytes> contents = read_file(path, limits::kPolicySizeMax);
    if (!contents) {
      return contents.error();
    }
    Result<CertificateFile> file = parse_certificate_file(*contents);
    if (!file || file->certificates.empty()) {
      return Error{ErrorCode::kMalformed, "keyring", 0,
                   escaped(path.string()) + ": no certificate with an RSA or EC key"};
    }
    for (Certificate& certificate : file->certificates) {
      if (!keyring.add(std::move(certificate))) {
        return Error{ErrorCode::kTooLarge, "keyring", 0, name + ": too many certificates"};
      }
    }
  }
  return {};
}

}  // namespace quotemill::offline
