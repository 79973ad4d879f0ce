// align: the shortest edit script between two sequences (Myers, "An O(ND) Difference Algorithm and
// its Variations", 1986), so that an element inserted in one does not make all that follow differ.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "engine/base/bytes.h"

namespace quotemill {

// One step: an element of both (`before` and `after` are set), of the first alone, or of the
// second.
struct AlignedPair {
  std::optional<std::size_t> before;
  std::optional<std::size_t> after;
};

// All elements of both, in order. If more than `edits_max` elements would be inserted and removed,
// only the common beginning and end are paired: time is O((n + m) edits_max), memory O(edits_max²).
std::vector<AlignedPair> align(std::span<const ByteView> before, std::span<const ByteView> after,
                               std::size_t edits_max);

}  // namespace quotemill
