// Lists of published revocations: every architecture's digests come sorted by level.
#include <algorithm>

#include "engine/claims/dbx_level.h"
#include "tests/fuzz/fuzz_target.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace quotemill;  // NOLINT(google-build-using-namespace)
  const Result<DbxList> list = decode_dbx_list({data, size});
  if (!list) {
    return 0;
  }
  for (const DbxArchitecture& architecture : *list) {
    require(
        std::is_sorted(architecture.digests.begin(), architecture.digests.end(),
                       [](const DbxDigest& a, const DbxDigest& b) { return a.level < b.level; }));
  }
  for (const DbxLevelClaim& claim : claim_dbx_level({}, *list)) {
    require(claim.missing <= size);
  }
  return 0;
}
