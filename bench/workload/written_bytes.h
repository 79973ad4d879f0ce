// What the measured program itself caused to be written.
#pragma once

#include <cstdint>

namespace quotemill::bench {

// That the process has handed to write(2) since it began, in bytes; 0 where /proc does not tell.
std::uint64_t written_bytes();

}  // namespace quotemill::bench
