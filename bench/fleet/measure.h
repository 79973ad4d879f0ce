// Plays a boot log into a TPM, as firmware does while it boots.
#pragma once

#include "engine/base/bytes.h"
#include "engine/base/result.h"
#include "transport/agent/tpm_device.h"

namespace quotemill::bench {

// kConflict if the TPM's PCR 0 is not as it is after a reset: a log measured on top of another is
// reproduced by neither. `bank` is one that the TPM has enabled.
Result<void> check_reset(agent::TpmDevice& tpm, HashAlgorithm bank);

// Extends every measured event, in order, in every bank that the log has. The log must be whole.
Result<void> measure(agent::TpmDevice& tpm, ByteView log);

}  // namespace quotemill::bench
