// Has memory fetched before somebody waits for it. It changes nothing but time.
#pragma once

#include <cstddef>

namespace quotemill {

// So many bytes from `begin` on; null: none.
inline void prefetch(const void* begin, std::size_t size) {
  constexpr std::size_t kLine = 64;
  const auto* const bytes = static_cast<const char*>(begin);
  for (std::size_t at = 0; bytes != nullptr && at < size; at += kLine) {
    __builtin_prefetch(bytes + at);
  }
}

template <class Object>
void prefetch(const Object* object) {
  prefetch(static_cast<const void*>(object), sizeof(Object));
}

}  // namespace quotemill
