// Floors: the bare primitives in a tight loop, called as directly as their library allows, with
// cached keys and reused contexts. No engine that calls the same functions can be faster.
#pragma once

#include "bench/workload/settings.h"

namespace quotemill::bench {

// floor/rsa2048_verify, floor/ecdsa_p256_verify, floor/ecdsa_p384_verify: one signature over a
// digest that is there already; RSASSA with SHA-256, ECDSA with the hash of the curve's size.
// floor/rsa2048_verify_below_evp: the first one by the arithmetic below EVP, as the engine does it.
// The others call what an application is meant to call.
void register_signature_floors(const Settings& settings);

// floor/replay_sha256/<image>: every extend of a boot log that was read already, per log.
// floor/data_digests/<image>: SHA-256 of the data of every measured event, per log.
void register_log_floors(const Settings& settings);

// floor/oneshot_replay/<log>, floor/oneshot_data_digests/<log>: the same by EVP_Digest(), as one
// would write it first, of one bank and also of logs that are no image.
void register_oneshot_floors(const Settings& settings);

// floor/ima_entry: SHA-256 of a usual ima-ng entry's template data, and the extend of PCR 10.
// floor/ima_entry_one_shot: the same by OpenSSL's one-shot EVP_Digest(), as verifiers call it.
void register_ima_floor();

// floor/rocksdb_put_synced_256: one synced write of 256 records of 1 kB, per record.
// floor/rocksdb_put_synced_5x256: of five records of 720 bytes for each of 256 hosts, per host: as
// many and as large as what is kept of a host that booted.
void register_store_floor();

}  // namespace quotemill::bench
