// Bounds of messages that the engine does not know; the others are in engine/base/limits.h.
#pragma once

#include <cstddef>

namespace quotemill::limits {

inline constexpr std::size_t kCarriedItemsMax = 16;  // hosts' frames in one message

// Of a text for people: what is longer is cut on the way out, and was not written by us on the way
// in.
inline constexpr std::size_t kControlTextSizeMax = 1024;

}  // namespace quotemill::limits
