// Whatever decodes as a TPMT_SIGNATURE encodes to the same bytes.
#include "engine/tpm/signature.h"
#include "tests/fuzz/fuzz_target.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace quotemill;  // NOLINT(google-build-using-namespace)
  const ByteView bytes(data, size);
  const Result<SignatureView> signature = decode_signature(bytes);
  if (signature) {
    require(equal(encode_signature(*signature), bytes));
  }
  return 0;
}
