// Compares the boot of a host with that of a golden one, event by event, per PCR.
#pragma once

#include <cstdint>

#include "engine/appraise/claims.h"
#include "engine/policy/boot_reference.h"
#include "engine/verdict/finding.h"

namespace quotemill {

// What differs in one PCR, as findings of severity `severity`: a digest that the baseline does not
// have, beside the one that it expects in that place; events that are too many or missing; and the
// same events in another order. Empty if the PCR's sequence of digests is the baseline's. An
// inserted event does not make all that follow differ. Time is linear in the events, but for
// sorting.
Findings compare_pcr(const Claims& claims, const BootReference& reference, std::uint32_t pcr,
                     Severity severity);

}  // namespace quotemill
