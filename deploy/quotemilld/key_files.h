// The daemon's secrets on disk: its CURVE key pair and the epoch keys of its nonces.
//
// Files of mode 0600 in the state folder (0700), outside store and backups; replaced atomically.
#pragma once

#include <string>

#include "engine/base/result.h"
#include "engine/base/time.h"
#include "engine/pipeline/nonce_authority.h"

namespace quotemill::daemon {

// Makes the folder (0700) if it is not there; kIo if that fails or others may write into it.
Result<void> prepare_state_folder(const std::string& folder);

// Reads <folder>/nonce.keys, or makes a first key. A file that others may read is refused.
Result<NonceAuthority::Keys> load_nonce_keys(const std::string& folder, WallTime now);

// Durable when it returns.
Result<void> store_nonce_keys(const std::string& folder, const NonceAuthority::Keys& keys);

}  // namespace quotemill::daemon
