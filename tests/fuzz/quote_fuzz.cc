// Whatever decodes as a quote encodes to a quote that decodes to the same.
#include "engine/tpm/quote.h"
#include "tests/fuzz/fuzz_target.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace quotemill;  // NOLINT(google-build-using-namespace)
  const Result<Quote> quote = decode_quote({data, size});
  if (!quote) {
    return 0;
  }
  // Not the same bytes: selections of no PCR are dropped, and bitmaps may be of another size.
  const Bytes encoded = encode_quote(*quote);
  const Result<Quote> again = decode_quote(encoded);
  require(again.has_value());
  require(equal(again->qualified_signer, quote->qualified_signer));
  require(equal(again->extra_data, quote->extra_data));
  require(again->clock == quote->clock);
  require(again->firmware_version == quote->firmware_version);
  require(again->selections == quote->selections);
  require(equal(again->pcr_digest, quote->pcr_digest));
  require(encode_quote(*again) == encoded);
  return 0;
}
