// Has memory fetched before somebody waits for it. It changes nothing but time.
#pragma once

#include <cstddef>

namespace quotemill {

// The line of 64 bytes that this address is in; null: none.
inline void prefetch_line(const void* address) {
  __builtin_prefetch(address);
  // GCC takes a function that does nothing else for one without effect, and drops its calls.
  asm volatile("");
}

// So many bytes from `begin` on, which may be in the middle of a line; null: none.
inline void prefetch(const void* begin, std::size_t size) {
  constexpr std::size_t kLine = 64;
  if (begin == nullptr || size == 0) {
    return;
  }
  const auto* const bytes = static_cast<const char*>(begin);
  for (std::size_t at = 0; at < size; at += kLine) {
    prefetch_line(bytes + at);
  }
  prefetch_line(bytes + size - 1);
}

template <class Object>
void prefetch(const Object* object) {
  prefetch(static_cast<const void*>(object), sizeof(Object));
}

}  // namespace quotemill
