// Puts a backup in the place of the store, before the daemon starts: `quotemilld --restore DIR`.
#pragma once

#include <string>

#include "engine/base/result.h"
#include "engine/base/time.h"
#include "engine/ports/store_care.h"

namespace quotemill::daemon {

// Copies the backup, reads all of the copy, gives it a change stream of its own (a backup may be
// restored more than once), keeps in its audit trail that `who` restored it ("store.restore"), and
// only then puts it in its place. A restore that is cut short leaves
// nothing there; the next one begins anew. The backup stays as it is.
//
// kConflict if there is a store already: nothing is ever written over. kConfig if `backup` is none;
// kStorage if its records are damaged, with the first problem; kIo if it cannot be copied.
Result<StoreReport> restore_store(const std::string& backup, const std::string& store,
                                  const std::string& who, WallTime now);

}  // namespace quotemill::daemon
