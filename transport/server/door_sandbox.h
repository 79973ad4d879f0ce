// What the enrolment door takes from itself before it speaks to anybody, and how much it uses.
//
// Everything here is of the calling process. A failure is an Error: a door that cannot be bounded
// does not open.
#pragma once

#include <cstddef>
#include <cstdint>

#include "engine/base/result.h"

namespace quotemill::transport {

// Keeps standard error and `keep_fd`, closes every other descriptor; no new privileges, no core
// dumps, not traceable by others of its user, no files written; root keeps no capability but
// binding low ports; terminal signals and SIGTERM are the daemon's to judge; dies with the thread
// that spawned it.
Result<void> enter_sandbox(int keep_fd);

// Bounds memory to `memory_max` bytes more than now (RLIMIT_DATA and RLIMIT_AS), and descriptors to
// what `connections_max` connections need.
Result<void> bound_resources(std::uint64_t memory_max, std::uint32_t connections_max);

struct ResourceUse {
  std::uint64_t resident_bytes = 0;
  std::size_t descriptors = 0;
};

// Reported when there is not even a descriptor left to count the others with.
inline constexpr std::size_t kDescriptorsExhausted = ~std::size_t{0};

// From /proc.
ResourceUse resource_use();

}  // namespace quotemill::transport
