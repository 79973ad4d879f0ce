// The PCR values that a boot leaves, computed as plainly as can be: what the engine's replay is
// held against, and what machines without a TPM sign.
#pragma once

#include "engine/base/bytes.h"
#include "engine/tpm/pcr.h"

namespace quotemill::bench {

// All PCRs of the selection; those that the log never extends hold what they are reset to. Events
// are framed by read_boot_log(); every extend is one call of SHA256(). REQUIRES: the log
// is whole and has a SHA-256 bank; the selection is of it
PcrBank plain_replay(ByteView log, const PcrSelection& selection);

}  // namespace quotemill::bench
