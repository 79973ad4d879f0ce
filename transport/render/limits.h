// Bounds of what is rendered.
#pragma once

#include <cstddef>

namespace quotemill::limits {

// A change as one line, in every format: receivers cut what is longer (Splunk after 10,000 bytes).
inline constexpr std::size_t kEventSizeMax = 8'192;
// Of its texts, in characters as they are shown: sentences, names, facts.
inline constexpr std::size_t kEventSentenceSizeMax = 512;
inline constexpr std::size_t kEventNameSizeMax = 128;
inline constexpr std::size_t kEventFactSizeMax = 96;
// Of all labels of its host, as JSON; what is more is left out.
inline constexpr std::size_t kEventLabelsSizeMax = 640;

}  // namespace quotemill::limits
