// Records of a store that another program, or a failing disk, wrote: values or errors, never more.
#include "engine/base/bytes.h"
#include "storage/journal_record.h"
#include "storage/records.h"
#include "tests/fuzz/fuzz_target.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace quotemill;           // NOLINT(google-build-using-namespace)
  using namespace quotemill::storage;  // NOLINT(google-build-using-namespace)
  const std::string_view value = as_text({data, size});
  const HostUid uid{};
  static_cast<void>(decode_host(uid, value));
  static_cast<void>(decode_state(uid, value));
  static_cast<void>(decode_full_evidence(value));
  static_cast<void>(decode_baseline(value));
  static_cast<void>(decode_policy(1, value));
  static_cast<void>(decode_audit(1, value));
  static_cast<void>(decode_change(1, value));
  static_cast<void>(decode_journal_record(1, value));
  return 0;
}
