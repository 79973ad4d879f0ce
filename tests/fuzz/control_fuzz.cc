// The operators' socket: requests and answers are read, or refused.
#include "tests/fuzz/fuzz_target.h"
#include "transport/control/control_message.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace quotemill;             // NOLINT(google-build-using-namespace)
  using namespace quotemill::transport;  // NOLINT(google-build-using-namespace)
  const ByteView bytes(data, size);
  if (const Result<ControlRequest> request = decode_request(bytes)) {
    const std::string written = encode_request(*request);
    require(decode_request(as_bytes(written)).has_value());
  }
  static_cast<void>(decode_answer(bytes));
  return 0;
}
