// Bounds of what operators ask for.
#pragma once

#include <cstdint>

namespace quotemill::daemon {

inline constexpr std::uint64_t kWaitMsMax = 60'000;  // of a request that waits for what comes next

}  // namespace quotemill::daemon
