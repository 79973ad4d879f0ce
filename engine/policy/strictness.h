// Whether one policy asks at least as much of a host as another one.
#pragma once

#include <string>
#include <vector>

#include "engine/policy/policy.h"

namespace quotemill {

// Where `policy` is laxer than `other`: settings by their names in the file ("boot.log"), in the
// file's order; none if no host could gain anything by being judged under `policy` instead.
// Policies that cannot be compared in a setting (other banks, for instance) count as laxer. Pure.
std::vector<std::string> laxer_settings(const Policy& policy, const Policy& other);

}  // namespace quotemill
