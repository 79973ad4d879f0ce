// Whatever decodes as a TPMT_PUBLIC encodes to one that is the same key with the same powers.
#include "engine/tpm/public_area.h"
#include "tests/fuzz/fuzz_target.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace quotemill;  // NOLINT(google-build-using-namespace)
  const ByteView bytes(data, size);
  static_cast<void>(decode_tpm2b_public(bytes));
  const Result<PublicArea> area = decode_tpmt_public(bytes);
  if (!area) {
    return 0;
  }
  require(equal(area->encoded, bytes));
  require(!check_attestation_key(*area) || !check_endorsement_key(*area));
  const Result<PublicArea> again = decode_tpmt_public(encode_tpmt_public(*area));
  require(again.has_value());
  require(again->attributes == area->attributes);
  require(again->scheme_set == area->scheme_set);
  require(again->key.same_as(area->key));
  require(again->key_sha256_hex() == area->key_sha256_hex());
  return 0;
}
