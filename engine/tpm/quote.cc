#include "engine/tpm/quote.h"

#include "engine/base/limits.h"
#include "engine/tpm/constants.h"

namespace quotemill {
namespace {

constexpr std::size_t kNameSizeMax = 2 + kDigestSizeMax;  // algorithm and digest

// TPMS_CLOCK_INFO (Part 2, 10.11.1).
ClockInfo read_clock_info(ByteReader& in) {
  ClockInfo info;
  info.clock_ms = in.u64_be();        // UINT64      clock
  info.reset_count = in.u32_be();     // UINT32      resetCount
  info.restart_count = in.u32_be();   // UINT32      restartCount
  const std::uint8_t safe = in.u8();  // TPMI_YES_NO safe
  if (safe > 1) {
    in.fail(ErrorCode::kMalformed);
  }
  info.safe = safe == 1;
  return info;
}

}  // namespace

Result<Quote> decode_quote(ByteView attest) {
  if (attest.size() > limits::kAttestSizeMax) {
    return Error{ErrorCode::kTooLarge, "TPMS_ATTEST"};
  }
  ByteReader in(attest);
  if (in.u32_be() != tpm::kGenerated && in.ok()) {  // TPM_GENERATED magic
    return Error{ErrorCode::kMalformed, "TPMS_ATTEST.magic"};
  }
  if (in.u16_be() != tpm::kStAttestQuote && in.ok()) {  // TPMI_ST_ATTEST type
    return Error{ErrorCode::kMalformed, "TPMS_ATTEST.type"};
  }
  Quote quote;
  quote.qualified_signer = in.sized16_be(kNameSizeMax);              // TPM2B_NAME
  quote.extra_data = in.sized16_be(limits::kQualifyingDataSizeMax);  // TPM2B_DATA
  quote.clock = read_clock_info(in);                                 // TPMS_CLOCK_INFO
  quote.firmware_version = in.u64_be();                              // UINT64
  quote.selections = read_pcr_selections(in);                        // TPML_PCR_SELECTION
  quote.pcr_digest = in.sized16_be(kDigestSizeMax);                  // TPM2B_DIGEST
  return in.finish(std::move(quote), "TPMS_ATTEST");
}

Bytes encode_quote(const Quote& quote) {
  ByteWriter out;
  out.u32_be(tpm::kGenerated).u16_be(tpm::kStAttestQuote);
  out.sized16_be(quote.qualified_signer).sized16_be(quote.extra_data);
  out.u64_be(quote.clock.clock_ms).u32_be(quote.clock.reset_count);
  out.u32_be(quote.clock.restart_count).u8(quote.clock.safe ? 1 : 0);
  out.u64_be(quote.firmware_version);
  write_pcr_selections(out, quote.selections);
  return out.sized16_be(quote.pcr_digest).take();
}

}  // namespace quotemill
