// What the answers about hosts have of ESXi hosts beside what they have of all.
#pragma once

#include "engine/pipeline/host_table.h"
#include "engine/policy/policy_set.h"
#include "engine/ports/history.h"
#include "transport/render/json.h"

namespace quotemill::daemon {

// attestation{…} (render_esxi.h) of a host whose policy has rules for ESXi; null of others. Cheap:
// of what is in memory.
transport::Json esxi_attestation_of(const Host& host, const PolicySet& policies);

// All that administrators see of it (render_esxi.h), and `changes`: what booted otherwise than in
// the last boot before that was trusted (time, boot_log, modules[], vibs[]; null if none is known).
// Read from its stored log; null if that is no log of ESXi and no rule asks for one. kStorage if
// that, or its EK certificate, cannot be read.
Result<transport::Json> esxi_host_of(const Host& host, const History& history,
                                     const PolicySet& policies);

}  // namespace quotemill::daemon
