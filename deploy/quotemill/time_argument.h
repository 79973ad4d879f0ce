// Moments as operators write them.
#pragma once

#include <optional>
#include <string_view>

#include "engine/base/time.h"

namespace quotemill::cli {

// "2026-11-24T03:31:09Z", "2026-11-24T03:31", "2026-11-24" (its first moment), all UTC; or how long
// ago: "90m", "2d". nullopt for anything else, and for dates that are not in the calendar.
std::optional<WallTime> parse_moment(std::string_view text, WallTime now);

}  // namespace quotemill::cli
