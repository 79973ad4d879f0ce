// Holds what a host booted against sets of known digests: the policy's `[boot] references`.
#pragma once

#include <memory>
#include <span>

#include "engine/appraise/claims.h"
#include "engine/policy/snapshot.h"
#include "engine/tpm/pcr.h"
#include "engine/verdict/finding.h"

namespace quotemill {

// Every event of the PCRs of `boot.reference_events` must have a digest that one of the sets knows
// for that PCR, and every PCR of `boot.reference_values` a value that one of them has. What is not
// there is a finding of the severity of `boot.unreferenced`; a set that the policy names and that
// does not exist is one of that of `boot.no_baseline`.
//
// What loaded nothing (eventlog/proof/loads_nothing.h) needs no reference. PCRs that the log does
// not explain have their finding already.
Findings compare_references(const Claims& claims, const PcrBank& quoted, const Snapshot& snapshot);

// Whether one of the sets knows the digest as something extended into the PCR.
bool knows_event(std::span<const std::shared_ptr<const Baseline>> sets, const Digest& digest,
                 std::uint32_t pcr);

}  // namespace quotemill
