// Slabs: memory for many small pieces that live long, a million hosts say.
//
// Pieces are cut from huge pages where the system has them: page faults are otherwise half of what
// it takes to fill the table at a start. A piece that is given back is there for the next one of
// its size; nothing goes back to the system before the end, but large pieces, which have pages of
// their own. Any thread.
#pragma once

#include <array>
#include <cstddef>
#include <memory_resource>
#include <mutex>
#include <vector>

namespace quotemill {

class Slabs final : public std::pmr::memory_resource {
 public:
  Slabs() = default;
  Slabs(const Slabs&) = delete;
  Slabs& operator=(const Slabs&) = delete;
  // REQUIRES: all pieces are given back, or never used again
  ~Slabs() override;

 private:
  static constexpr std::size_t kStep = 16;             // sizes are multiples of it
  static constexpr std::size_t kSmallMax = 4'096;      // larger ones are operator new's
  static constexpr std::size_t kLargeLeast = 1 << 20;  // from there on pieces have their own pages

  struct Free {
    Free* next;
  };

  void* do_allocate(std::size_t bytes, std::size_t alignment) override;
  void do_deallocate(void* piece, std::size_t bytes, std::size_t alignment) override;

  [[nodiscard]] bool do_is_equal(const memory_resource& other) const noexcept override {
    return this == &other;
  }

  void* cut(std::size_t size);

  std::mutex mutex_;
  std::array<Free*, kSmallMax / kStep> free_{};  // by size
  std::vector<void*> slabs_;
  std::byte* rest_ = nullptr;  // of the last slab
  std::size_t rest_size_ = 0;
};

}  // namespace quotemill
