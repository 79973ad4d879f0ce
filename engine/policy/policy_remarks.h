// What a valid policy should be told of itself, and what its rules see of the PCRs of a boot. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/policy/policy.h"

namespace quotemill {

// Whether another content of any of these PCRs (bits) would be felt in a host's state: by the
// comparison with captured boots, if there is one to compare with; by that with reference sets.
bool are_pinned_by_baselines(const BootRules& rules, std::uint32_t pcrs);
bool are_pinned_by_sets(const BootRules& rules, std::uint32_t pcrs);

// Sentences: what its author may not have meant.
std::vector<std::string> remarks_of(const Policy& policy);

}  // namespace quotemill
