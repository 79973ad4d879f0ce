// EFI signature lists and lists of published revocations: entries lie within the input.
#include "engine/base/limits.h"
#include "engine/claims/dbx_level.h"
#include "engine/eventlog/decode/signature_list.h"
#include "tests/fuzz/fuzz_target.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace quotemill;  // NOLINT(google-build-using-namespace)
  const ByteView bytes(data, size);
  const auto entries = decode_signature_lists(bytes);
  if (entries) {
    std::size_t total = 0;
    for (const SignatureEntry& entry : *entries) {
      total += entry.data.size();
    }
    require(total <= size);
    require(describe_signatures(*entries).size() <= limits::kSignaturesShownMax);
  }
  const auto list = decode_dbx_list(bytes);
  require(!list || !list->empty());
  return 0;
}
