// Compares the boot of a host with those of golden ones, event by event, per PCR.
#pragma once

#include <cstdint>
#include <span>

#include "engine/appraise/claims.h"
#include "engine/policy/boot_reference.h"
#include "engine/verdict/finding.h"

namespace quotemill {

// What differs in one PCR from the nearest of the baselines, as findings of severity `severity`: a
// digest that the baseline does not have, beside the one that it expects in that place; events that
// are too many or missing; and the same events in another order. Empty if the PCR's sequence of
// digests is that of any of them. Nearest is what there are the fewest findings against, of equally
// near ones the first: only against that one are they put into words. An inserted event does not
// make all that follow differ. Time is linear in the events and in the baselines, but for sorting.
Findings compare_pcr(const Claims& claims, std::span<const BootReference* const> references,
                     std::uint32_t pcr, Severity severity);

}  // namespace quotemill
