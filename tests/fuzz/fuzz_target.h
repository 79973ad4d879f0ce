// What every fuzz target is: one function over untrusted bytes.
//
// With QUOTEMILL_FUZZ (clang) libFuzzer drives it; without, replay_main.cc runs it over real files
// and damaged copies of them, as an ordinary test.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace quotemill {

// Ends the run if an invariant does not hold; the driver keeps the input.
inline void require(bool holds) {
  if (!holds) {
    std::abort();
  }
}

}  // namespace quotemill
