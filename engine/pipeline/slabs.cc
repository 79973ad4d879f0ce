#include "engine/pipeline/slabs.h"

#include <algorithm>
#include <new>
#include <utility>

#include <sys/mman.h>

namespace quotemill {
namespace {

constexpr std::size_t kHugePage = std::size_t{2} << 20U;
constexpr std::size_t kSlab = 16 * kHugePage;  // of addresses: memory is taken as it is written to

std::size_t rounded_up(std::size_t bytes, std::size_t step) {
  return (bytes + step - 1) / step * step;
}

// Huge pages are a wish: without them all is as it was, but slower. What is less than one at the
// end stays in small ones, which take no more than is written to.
void* take_pages(std::size_t bytes) {
  void* const pages = ::operator new(bytes, std::align_val_t(kHugePage));
  if (const std::size_t huge = bytes / kHugePage * kHugePage; huge > 0) {
    (void)madvise(pages, huge, MADV_HUGEPAGE);
  }
  return pages;
}

void give_pages_back(void* pages) {
  ::operator delete(pages, std::align_val_t(kHugePage));
}

}  // namespace

Slabs::~Slabs() {
  for (void* slab : slabs_) {
    give_pages_back(slab);
  }
}

void* Slabs::do_allocate(std::size_t bytes, std::size_t alignment) {
  if (bytes >= kLargeLeast) {
    return take_pages(bytes);
  }
  if (bytes > kSmallMax || alignment > kStep) {
    return ::operator new(bytes, std::align_val_t(alignment));
  }
  const std::size_t size = rounded_up(std::max<std::size_t>(bytes, 1), kStep);
  const std::lock_guard lock(mutex_);
  Free*& free = free_.at(size / kStep - 1);
  if (free != nullptr) {
    return std::exchange(free, free->next);
  }
  return cut(size);
}

void Slabs::do_deallocate(void* piece, std::size_t bytes, std::size_t alignment) {
  if (bytes >= kLargeLeast) {
    give_pages_back(piece);
    return;
  }
  if (bytes > kSmallMax || alignment > kStep) {
    ::operator delete(piece, std::align_val_t(alignment));
    return;
  }
  const std::size_t size = rounded_up(std::max<std::size_t>(bytes, 1), kStep);
  const std::lock_guard lock(mutex_);
  Free*& free = free_.at(size / kStep - 1);
  free = new (piece) Free{free};
}

// What is left of a slab that has too little is lost: less than one small piece.
void* Slabs::cut(std::size_t size) {
  if (rest_size_ < size) {
    slabs_.reserve(slabs_.size() + 1);
    rest_ = static_cast<std::byte*>(slabs_.emplace_back(take_pages(kSlab)));
    rest_size_ = kSlab;
  }
  rest_size_ -= size;
  return std::exchange(rest_, rest_ + size);
}

}  // namespace quotemill
