// Files that hold secrets: readable by their owner alone, replaced atomically.
//
// A folder or file that others may read or write is refused with kDenied and a remedy, never
// repaired silently: somebody may have read the secret already. After a crash there is the old file
// or the new one. Any thread, one at a time per file.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "engine/base/bytes.h"
#include "engine/base/result.h"

namespace quotemill::transport {

// Makes the folder with mode 0700 (and what is missing above it) if it is not there.
Result<void> prepare_private_folder(const std::string& folder);

// nullopt if the file is not there; kTooLarge beyond `size_max` bytes.
Result<std::optional<Bytes>> read_private_file(const std::string& path, std::size_t size_max);

// Written beside, synced, renamed, its folder synced: durable when it returns. Mode 0600.
Result<void> replace_private_file(const std::string& path, ByteView contents);

}  // namespace quotemill::transport
