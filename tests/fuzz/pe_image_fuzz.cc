// PE images: what is hashed lies within the file, and is never more than what the certificates
// leave.
#include "engine/eventlog/expect/authenticode.h"
#include "engine/eventlog/expect/pe_image.h"
#include "tests/fuzz/fuzz_target.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace quotemill;  // NOLINT(google-build-using-namespace)
  const ByteView file(data, size);
  const auto parts = authenticode_parts(file);
  if (!parts) {
    return 0;
  }
  std::size_t total = 0;
  for (const ByteView part : *parts) {
    require(part.empty() || (part.data() >= data && part.data() + part.size() <= data + size));
    total += part.size();
  }
  require(total + read_pe_image(file)->certificates.size <= size);
  return 0;
}
