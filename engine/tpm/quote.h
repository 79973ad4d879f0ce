// Quote: TPMS_ATTEST of type TPM_ST_ATTEST_QUOTE (TPM 2.0 Part 2, 10.12.8 and 10.12.1), parsed.
//
// Parsed is not verified: nothing here says that a TPM made these bytes. verify/ does.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/base/byte_reader.h"
#include "engine/base/bytes.h"
#include "engine/tpm/pcr.h"

namespace quotemill {

// TPMS_CLOCK_INFO (Part 2, 10.11.1).
struct ClockInfo {
  std::uint64_t clock_ms = 0;       // time the TPM has been powered, over its life
  std::uint32_t reset_count = 0;    // TPM resets since the last clear
  std::uint32_t restart_count = 0;  // resumes and restarts since the last reset
  bool safe = false;                // no greater clock was ever reported

  friend bool operator==(const ClockInfo&, const ClockInfo&) = default;
};

struct Quote {
  ByteView qualified_signer;  // TPM2B_NAME
  ByteView extra_data;        // TPM2B_DATA: the qualifying data of the caller
  ClockInfo clock;
  std::uint64_t firmware_version = 0;
  std::vector<PcrSelection> selections;
  ByteView pcr_digest;
};

// The views borrow `attest`. A wrong magic (a structure that a TPM did not make: CVE-2024-29038) or
// another type of attestation is kMalformed with context "TPMS_ATTEST.magic" or "TPMS_ATTEST.type".
Result<Quote> decode_quote(ByteView attest);

// The writer, for tests and the simulator.
Bytes encode_quote(const Quote& quote);

}  // namespace quotemill
