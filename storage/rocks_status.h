// rocksdb::Status -> Error.
#pragma once

#include <rocksdb/status.h>

#include "engine/base/error.h"

namespace quotemill::storage {

// `context` is a literal that says what was being done. REQUIRES: !status.ok()
Error error_of(const char* context, const rocksdb::Status& status);

// The same for opening a store, with what an operator can do about it.
Error opening_error(const std::string& path, const rocksdb::Status& status);

}  // namespace quotemill::storage
