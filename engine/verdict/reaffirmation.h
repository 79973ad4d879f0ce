// Reaffirmation: a verdict that says again what is known. While nothing happens to a host, nearly
// every attestation is one; everything else is an edge.
#pragma once

#include "engine/verdict/host_state.h"

namespace quotemill {

// Whether `next` differs from `previous`, the state that one more verdict was added to, only in
// what is another one each time: sequence (by one), times, the TPM's clock, evidence, receipt and
// nonce. `previous` must rest on a receipt, and its proof, if it has one, be of its own generation.
//
// Never when in doubt: an edge costs a row, a change taken for a reaffirmation would be lost.
bool reaffirms(const HostState& previous, const HostState& next);

}  // namespace quotemill
