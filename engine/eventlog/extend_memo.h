// ExtendMemo: remembers what extending a PCR gave, because the machines of a fleet boot the same
// and extend their PCRs with the same digests in the same order.
//
// It keeps facts of SHA-256 alone, found by comparing all bytes: whoever sends a log can make it
// forget, and pay with the time of hashing, but never make it say something that is not so.
//
// Threads: each its own.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "engine/base/digest.h"
#include "engine/base/limits.h"

namespace quotemill {

class ExtendMemo {
 public:
  // About 100 bytes an entry. REQUIRES: entries is a power of two
  explicit ExtendMemo(std::size_t entries = limits::kExtendMemoEntries);

  // As quotemill::extend() (engine/crypto/hash.h), and with the same result.
  void extend(Digest& pcr, ByteView digest);

  // Extends so far that were remembered, and those of SHA-256 that had to be hashed.
  [[nodiscard]] std::uint64_t hits() const { return hits_; }

  [[nodiscard]] std::uint64_t misses() const { return misses_; }

 private:
  static constexpr std::size_t kSize = 32;
  using Value = std::array<std::uint8_t, kSize>;

  // Always true: `after` is SHA-256(before ‖ digest), from the beginning on.
  struct Fact {
    Value before{};
    Value digest{};
    Value after{};
  };

  std::vector<Fact> facts_;
  std::uint64_t hits_ = 0;
  std::uint64_t misses_ = 0;
};

}  // namespace quotemill
