// appraise_claims: the facts that a boot log proves against the policy's rules for them. Pure.
//
// What is claimed and not proven never satisfies a rule: its finding says why it is not proven.
#pragma once

#include "engine/eventlog/proof/proven_log.h"
#include "engine/policy/snapshot.h"
#include "engine/verdict/finding.h"

namespace quotemill {

// `log`: with the PCRs that a quote proved. Draws the claims only if a rule asks for one.
Findings appraise_claims(const ProvenLog& log, const Snapshot& snapshot);

}  // namespace quotemill
