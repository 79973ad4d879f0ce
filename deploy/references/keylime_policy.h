// Keylime's runtime policy (keylime/ima/ima.py): what IMA may measure. The one reader of it: for
// baselines, and for whoever holds a list against it offline.
//
//   {"meta": …, "release": …, "digests": {"/usr/bin/ls": ["<hex>", …], …}, "excludes": ["<regex>"],
//    "keyrings": {".ima": ["<hex>"]}, "ima": …, "ima-buf": {"dm_table_load": ["<hex>"]},
//    "verification-keys": …}
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "deploy/references/strict_json.h"
#include "engine/base/digest.h"

namespace quotemill::references {

// Borrows the policy.
struct KeylimeDigest {
  const std::string& path;  // of a file; the name of a keyring or buffer
  Digest digest;
  std::string_view member;   // that it is of: "digests", "keyrings", "ima-buf"
  const std::string& place;  // JSON pointer, for what is wrong with it
};

// All digests, in the file's order. kMalformed with the place; an Error of `visit` ends it.
Result<void> for_each_keylime_digest(
    const Json& policy, const std::function<Result<void>(const KeylimeDigest& found)>& visit);

// Patterns of Python's re.match(), which match the beginning of a path; empty if there are none.
Result<std::vector<std::string>> keylime_exclusions(const Json& policy);

}  // namespace quotemill::references
