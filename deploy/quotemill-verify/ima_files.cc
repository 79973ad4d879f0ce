#include "deploy/quotemill-verify/ima_files.h"

#include <algorithm>
#include <system_error>

#include "deploy/quotemill-verify/input_files.h"
#include "deploy/references/keylime_policy.h"
#include "engine/base/limits.h"
#include "engine/base/text.h"

namespace quotemill::offline {
namespace {

Result<void> add_keylime_policy(std::string_view contents, ImaReferencesBuilder& builder,
                                ReferenceExtras& extras) {
  const Result<references::Json> policy = references::parse_strict_json(contents);
  if (!policy) {
    return policy.error();
  }
  const Result<void> added = references::for_each_keylime_digest(
      *policy, [&builder](const references::KeylimeDigest& found) {
        return builder.add(found.path, found.digest);
      });
  if (!added) {
    return added;
  }
  const Result<std::vector<std::string>> exclusions = references::keylime_exclusions(*policy);
  if (!exclusions) {
    return exclusions.error();
  }
  for (const std::string& pattern : *exclusions) {
    extras.exclusions.push_back("(?:" + pattern + ").*");
  }
  return {};
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
