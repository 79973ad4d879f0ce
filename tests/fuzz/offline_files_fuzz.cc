// The formats of quotemill-verify: no input faults, and no PCR bank has values that were not given.
#include "deploy/quotemill-verify/input_files.h"
#include "tests/fuzz/fuzz_target.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace quotemill;  // NOLINT(google-build-using-namespace)
  const ByteView bytes(data, size);
  const auto banks = offline::decode_pcr_file(bytes);
  if (banks) {
    std::size_t values = 0;
    for (const PcrBank& bank : *banks) {
      for (std::uint32_t pcr = 0; pcr < limits::kPcrCount; ++pcr) {
        values += bank.has(pcr) ? digest_size(bank.algorithm()) : 0;
      }
    }
    require(values != 0 && values <= size);
  }
  const auto key = offline::decode_attestation_key(bytes);
  if (key) {
    const auto signature = offline::decode_signature_file(bytes, *key);
    require(!signature || !signature->views.empty());
  }
  return 0;
}
