// Stores of formats 1 and 2, whose host records hold their EK certificates: moves these into rows
// of their own.
#pragma once

#include "engine/base/result.h"
#include "storage/database.h"

namespace quotemill::storage {

// What is left to be moved: all of it after Database::open() raised the format, the rest of it if a
// move before was cut short, else nothing. Each record changes in one batch with the row that it
// then names, so that a kill at any moment leaves both or neither. By whoever writes.
Result<void> move_certificates(Database& database);

}  // namespace quotemill::storage
