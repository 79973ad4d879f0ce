// Bounds of XML that strangers wrote.
#pragma once

#include <cstddef>

namespace quotemill {

struct XmlLimits {
  std::size_t size = std::size_t{16} * 1024 * 1024;  // in bytes
  std::size_t elements = 400'000;
  std::size_t depth = 32;
  std::size_t attributes = 64;  // of one element
};

}  // namespace quotemill
