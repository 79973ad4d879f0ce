// The epoch keys of the daemon's nonces, on disk: <state folder>/nonce.keys, mode 0600, outside
// store and backups.
#pragma once

#include <string>

#include "engine/base/result.h"
#include "engine/base/time.h"
#include "engine/pipeline/nonce_authority.h"

namespace quotemill::daemon {

// From the system's random source.
Result<EpochKey> fresh_epoch_key();

// Reads the file, or makes it with a first key. One that others may read is refused.
Result<NonceAuthority::Keys> load_nonce_keys(const std::string& folder, WallTime now);

// Durable when it returns.
Result<void> store_nonce_keys(const std::string& folder, const NonceAuthority::Keys& keys);

}  // namespace quotemill::daemon
