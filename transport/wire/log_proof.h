// Log proofs: that a log came from the host whose quote it explains, for segments that a gateway
// carries. The quote proves what is in the log, but not who relabelled its events or withheld half
// of it; on a host's own channel CURVE does.
//
// Both ends of a host's direct channel could make the proof, and nobody else: its key comes from
// the two long-term CURVE keys. Pure; any thread.
#pragma once

#include "engine/base/bytes.h"
#include "engine/base/digest.h"
#include "engine/base/result.h"
#include "engine/evidence/host_uid.h"
#include "transport/wire/message.h"

namespace quotemill::transport {

// HMAC-SHA-256(X25519(own secret, the other's key), "quotemill/1/log-key" ‖ host key ‖ server key):
// the same at the host and at the server. kCrypto for a key of small order.
Result<Digest> log_proof_key(ByteView own_secret, const CurveKey& other, const CurveKey& host_key,
                             const CurveKey& server_key);

// HMAC-SHA-256(key, "quotemill/1/log" ‖ SHA-256(evidence item) ‖ u8 kind ‖ be64 total ‖ be64 offset
// ‖ segment). The item holds the answered nonce, so that a proof is of no use for another quote.
Digest log_proof(const Digest& key, ByteView evidence_item, const LogsMessage& segment);

}  // namespace quotemill::transport
