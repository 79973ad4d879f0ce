// What a list is held against, out of files: reference sets, a keyring folder.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"
#include "engine/policy/ima_references.h"
#include "engine/verify/ima_keyring.h"

namespace quotemill::offline {

// What a reference file holds beside references.
struct ReferenceExtras {
  std::vector<std::string> exclusions;  // patterns of RE2, for whole paths
};

// Text as sha256sum writes it (ImaReferencesBuilder::add_text), or a runtime policy of Keylime
// (JSON: "digests", "excludes", "keyrings", "ima-buf"), whose exclusions match the beginning of a
// path. kMalformed says where.
Result<void> add_reference_file(std::string_view contents, ImaReferencesBuilder& builder,
                                ReferenceExtras& extras);

// Adds all certificates of a folder's files, PEM or DER. A file that holds none is an Error: a
// keyring with a gap would call good files unsigned.
Result<void> read_keyring(const std::filesystem::path& folder, ImaKeyring& keyring);

}  // namespace quotemill::offline
