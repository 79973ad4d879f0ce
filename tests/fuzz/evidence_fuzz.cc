// Evidence and receipts: what is read is written again byte for byte, and borrows from its bytes.
#include "engine/evidence/evidence_codec.h"
#include "engine/evidence/receipt.h"
#include "tests/fuzz/fuzz_target.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace quotemill;  // NOLINT(google-build-using-namespace)
  const ByteView bytes(data, size);
  if (const Result<Evidence> evidence = decode_evidence(bytes)) {
    const Bytes again = encode_evidence(*evidence);
    require(std::equal(again.begin(), again.end(), bytes.begin(), bytes.end()));
  }
  static_cast<void>(decode_receipt(bytes));
  return 0;
}
