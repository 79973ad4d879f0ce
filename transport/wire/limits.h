// Bounds of messages that the engine does not know; the others are in engine/base/limits.h.
#pragma once

#include <cstddef>

namespace quotemill::limits {

inline constexpr std::size_t kCarriedItemsMax = 16;  // hosts' frames in one message

}  // namespace quotemill::limits
