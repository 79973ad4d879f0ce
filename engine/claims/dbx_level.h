// DbxLevel: how far a machine's revocations (dbx) are, against a list of what was published.
//
// The list is a file: either an authenticated update as Microsoft publishes it (DBXUpdate.bin:
// EFI_VARIABLE_AUTHENTICATION_2, then signature lists), which is one level, "newest"; or lines of
//   ARCHITECTURE LEVEL SHA256
// ('#' begins a comment), where LEVEL sorts as text ("2023-05-09") and says since when the digest
// is published. A machine has a level if its dbx holds every digest of that level and of all below.
#pragma once

#include <string>
#include <vector>

#include "engine/base/result.h"
#include "engine/claims/ground.h"
#include "engine/claims/signature_databases.h"

namespace quotemill {

struct DbxDigest {
  std::string level;
  Digest sha256;
};

struct DbxArchitecture {
  std::string name;                // "x86_64", "aarch64", …; "" of an update file
  std::vector<DbxDigest> digests;  // by level
};

using DbxList = std::vector<DbxArchitecture>;

// At most limits::kDbxListSizeMax bytes and limits::kSignaturesMax digests.
Result<DbxList> decode_dbx_list(ByteView file);

struct DbxLevelClaim {
  std::string architecture;
  std::string level;        // the highest that is complete; empty: none
  std::string newest;       // of the list
  std::size_t missing = 0;  // digests of the list that the dbx lacks
  Ground ground;
};

// One for each architecture of the list.
std::vector<DbxLevelClaim> claim_dbx_level(const SignatureDatabases& databases,
                                           const DbxList& list);

}  // namespace quotemill
