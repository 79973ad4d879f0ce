// Reads a whole store and says what is wrong with it: checksums, records that cannot be read,
// references that lead nowhere, numbers with gaps, a broken audit trail.
#pragma once

#include "engine/ports/store_care.h"

namespace quotemill::storage {

class Database;

// Any thread, beside commits: all of it is read as it is at one moment.
StoreReport check_store(const Database& database);

}  // namespace quotemill::storage
