#include "engine/pipeline/slabs.h"

#include <algorithm>
#include <cstdint>
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

// Aligned to huge pages, which are a wish: without them all is as it was, but slower.
void* take_pages(std::size_t bytes) {
  void* const all = mmap(nullptr, bytes + kHugePage, PROT_READ | PROT_WRITE,
                         MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (all == MAP_FAILED) {
    throw std::bad_alloc();
  }
  auto* const begin = static_cast<std::byte*>(all);
  const std::size_t before =
      (kHugePage - reinterpret_cast<std::uintptr_t>(begin) % kHugePage) % kHugePage;
  if (before != 0) {
    munmap(begin, before);
  }
  munmap(begin + before + bytes, kHugePage - before);
  (void)madvise(begin + before, bytes, MADV_HUGEPAGE);
  return begin + before;
}

}  // namespace

Slabs::~Slabs() {
  for (void* slab : slabs_) {
    munmap(slab, kSlab);
  }
}

void* Slabs::do_allocate(std::size_t bytes, std::size_t alignment) {
  if (bytes >= kLargeLeast) {
    return take_pages(rounded_up(bytes, kHugePage));
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
    munmap(piece, rounded_up(bytes, kHugePage));
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

// What is left of a slab that has too little is lost: less than a piece of 32 MB.
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
