// Receipt: the engine's answer to judged evidence, sent only after the history is durable.
//
// Layout, little-endian:
//   u8 version (1)   u8 trust state   u8 flags (bit 0: carries the next nonce)   u8 reserved (0)
//   u8[16] host uid  u32 generation   u64 number
//   u32 next_due_ms  (from now until the next attestation is due)
//   u32 nonce_valid_ms (from now until the nonce expires; 0 without a nonce)
//   u8[32] nonce     (zeros without one: ask with HELLO when due)
//   u8 selections; per selection u16 TPM_ALG_ID, u32 mask   (what the next quote must cover)
//   u8 findings; per finding u8 severity, u16 size + code, u16 size + message
//
// Durations, not times: the host's clock is never compared with ours.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/bytes.h"
#include "engine/base/result.h"
#include "engine/evidence/challenge.h"
#include "engine/evidence/host_uid.h"
#include "engine/tpm/pcr.h"

namespace quotemill {

struct ReceiptFinding {
  std::uint8_t severity = 0;
  std::string code;
  std::string message;
};

struct Receipt {
  std::uint8_t state = 0;  // TrustState
  HostUid host;
  std::uint32_t generation = 0;
  std::uint64_t number = 0;
  std::uint32_t next_due_ms = 0;
  std::optional<Nonce> next_nonce;
  std::uint32_t nonce_valid_ms = 0;
  std::vector<PcrSelection> selections;
  std::vector<ReceiptFinding> findings;
};

Bytes encode_receipt(const Receipt& receipt);
Result<Receipt> decode_receipt(ByteView bytes);

}  // namespace quotemill
