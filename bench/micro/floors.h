// Floors: the bare primitives in a tight loop, called as directly as their library allows, with
// cached keys and reused contexts. No engine on the same library can be faster.
#pragma once

#include <vector>

#include "bench/workload/boot_image.h"

namespace quotemill::bench {

// floor/rsa2048_verify, floor/ecdsa_p256_verify, floor/ecdsa_p384_verify: one signature over a
// digest that is there already; RSASSA with SHA-256, ECDSA with the hash of the curve's size.
void register_signature_floors();

// floor/replay_sha256/<image>: every extend of a boot log that was read already, per log.
// floor/data_digests/<image>: SHA-256 of the data of every measured event, per log.
void register_log_floors(const std::vector<BootImage>& images);

}  // namespace quotemill::bench
