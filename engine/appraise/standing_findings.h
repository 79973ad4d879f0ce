// What a host's quote is worth by itself, whatever came before it: the same for new evidence and
// for stored evidence. Pure.
#pragma once

#include "engine/identity/host_record.h"
#include "engine/policy/policy.h"
#include "engine/verdict/finding.h"

namespace quotemill {

// policy.pcrs_unquoted, if the policy asks for more than was quoted.
void add_unquoted_pcrs(const PcrBank& quoted, const Policy& policy, Findings& findings);

// identity.imported, identity.ek_uncertified and identity.ak_key, by the policy's rules.
void add_identity(const HostRecord& record, const Policy& policy, Findings& findings);

}  // namespace quotemill
