// Bounds of what is remembered of boot logs; those that other rooms share are in
// engine/base/limits.h.
#pragma once

#include <cstddef>

namespace quotemill::limits {

// Facts of one worker's ProofMemo: an image has about 120, twice that where two banks are proven.
inline constexpr std::size_t kProofMemoEntries = 4'096;

// The events' data that they keep, all together: an image has 20 to 40 kB, and each machine of it
// some kB of its own.
inline constexpr std::size_t kProofMemoBytesMax = 8 * 1024 * 1024;

// Of one event; a dbx has 30 kB.
inline constexpr std::size_t kProofMemoDataMax = 256 * 1024;

static_assert(kProofMemoDataMax < kProofMemoBytesMax);

}  // namespace quotemill::limits
