// Bytes <-> Evidence: the fixed little-endian layout of one item of an EVIDENCE message.
//
//   header   u16 size, then
//            u8  version (1, 2)   u8 nonce kind       u16 reserved (0)
//            u8[16] host uid      u32 generation      u64 sequence
//            u8[16] boot id       u32 boot log bytes
//            6 × (u16 size, bytes): os id, os version, kernel, vendor, model, agent
//            version 2: one more, the firmware, which is not empty
//   attest   u16 size, TPMS_ATTEST
//   signature u16 size, TPMT_SIGNATURE
//   pcrs     u8 banks; per bank u16 TPM_ALG_ID, u32 mask, the selected values, PCR ascending
//
// An unknown header version is kUnsupported; reserved bits must be zero; trailing bytes are
// refused.
#pragma once

#include "engine/base/bytes.h"
#include "engine/base/result.h"
#include "engine/evidence/evidence.h"

namespace quotemill {

// Borrows `item`.
Result<Evidence> decode_evidence(ByteView item);

// The header alone, as it is hashed into the qualifying data before the quote exists.
Bytes encode_evidence_header(const EvidenceHeader& header);

// `evidence.header_bytes` is written as it is.
Bytes encode_evidence(const Evidence& evidence);

}  // namespace quotemill
