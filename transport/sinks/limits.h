// Bounds of sinks that are their own; those that settings and formats know are in
// engine/base/limits.h.
#pragma once

#include <cstddef>
#include <cstdint>

#include "engine/base/limits.h"

namespace quotemill::limits {

// Groups of a sink that are not told yet: those that were counted before its last delivery, and one
// for each change of that.
inline constexpr std::size_t kSinkGroupsMax = kSinkCausesMax + kSinkBatchMax;
// A number of 20 digits for each, behind the place and before that of what is held back.
inline constexpr std::size_t kSinkCursorSizeMax = 160 + 21 * kSinkGroupsMax;

// Of one window in which repeats are held back: hosts that are watched, and what each may be told
// to have come to. Beyond, nothing is held.
inline constexpr std::size_t kSinkFlapHostsMax = 50'000;
inline constexpr std::size_t kSinkFlapWordsMax = 64;

// What was judged before the window of a group ended is in the stream so long after it.
inline constexpr std::int64_t kSinkGroupSettleMs = 2'000;

// What a stream's other end has not acknowledged after so long breaks the connection (RFC 5482).
inline constexpr std::int64_t kSinkAcknowledgedMsMax = 15'000;

// For how long a receiver that confirms nothing may hold what it was sent: longer than that, or a
// connection to a machine that is gone would still stand.
inline constexpr std::int64_t kSinkUnconfirmedMsMin = 2 * kSinkAcknowledgedMsMax;
inline constexpr std::int64_t kSinkUnconfirmedMsMax = 600'000;

}  // namespace quotemill::limits
