// Mutator: byte strings that are almost those of a given set, the same ones for the same seed.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <random>
#include <utility>
#include <vector>

#include "engine/base/bytes.h"

namespace quotemill::testing {

class Mutator {
 public:
  Mutator(std::vector<Bytes> originals, std::uint64_t seed)
      : random_(seed), originals_(std::move(originals)) {}

  Bytes next() {
    Bytes bytes = originals_[below(originals_.size())];
    for (std::size_t changes = 1 + below(3); changes > 0; --changes) {
      change(bytes);
    }
    return bytes;
  }

 private:
  std::size_t below(std::size_t bound) { return bound == 0 ? 0 : random_() % bound; }

  std::uint8_t interesting_byte() {
    constexpr std::uint8_t kBytes[] = {0x00, 0x01, 0x02, 0x03, 0x04, 0x0B, 0x10, 0x14,
                                       0x18, 0x20, 0x40, 0x41, 0x7F, 0x80, 0xFF};
    return kBytes[below(std::size(kBytes))];
  }

  // Fields are at the beginning; random numbers, where nothing can go wrong, are at the end.
  std::size_t place(const Bytes& bytes) {
    const std::size_t bound =
        below(2) == 0 ? std::min<std::size_t>(bytes.size(), 24) : bytes.size();
    return below(bound);
  }

  void change(Bytes& bytes) {
    const std::size_t at = place(bytes);
    const auto position = bytes.begin() + static_cast<std::ptrdiff_t>(at);
    switch (bytes.empty() ? 3 : below(6)) {
      case 0:
        bytes[at] ^= static_cast<std::uint8_t>(1U << below(8));
        break;
      case 1:
      case 2:
        bytes[at] = interesting_byte();
        break;
      case 3:
        bytes.insert(position, interesting_byte());
        break;
      case 4:
        bytes.erase(position);
        break;
      default:
        bytes.resize(below(2) == 0 ? at : bytes.size() + 1);
        break;
    }
  }

  std::mt19937_64 random_;
  std::vector<Bytes> originals_;
};

}  // namespace quotemill::testing
