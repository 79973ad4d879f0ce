// Frames of any peer: a message that is read, written and read again is the same.
#include "tests/fuzz/fuzz_target.h"
#include "transport/wire/message.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace quotemill;             // NOLINT(google-build-using-namespace)
  using namespace quotemill::transport;  // NOLINT(google-build-using-namespace)
  const ByteView frame(data, size);
  const Result<Message> message = decode_message(frame);
  if (!message) {
    static_cast<void>(correlation_of(frame));
    return 0;
  }
  require(message->correlation == correlation_of(frame));
  const Bytes written = encode_message(*message);
  const Result<Message> again = decode_message(written);
  require(again.has_value() && encode_message(*again) == written);
  return 0;
}
