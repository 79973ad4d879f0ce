// Maintenance ends by itself when its time is over.
#pragma once

#include "engine/base/result.h"
#include "engine/pipeline/host_table.h"
#include "engine/pipeline/registrar.h"

namespace quotemill::daemon {

// Makes the hosts active again whose maintenance is over by the registrar's clock, one change each,
// as an act of "quotemill" in the audit trail. The first Error ends it: the next call tries again.
// Blocks.
Result<void> end_due_maintenance(const HostTable& hosts, Registrar& registrar);

}  // namespace quotemill::daemon
