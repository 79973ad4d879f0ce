#include "engine/eventlog/diff/align.h"

#include <algorithm>
#include <cstdint>

namespace quotemill {
namespace {

using Sequence = std::span<const ByteView>;

class Aligner {
 public:
  Aligner(Sequence before, Sequence after, std::size_t edits_max)
      : before_(before), after_(after), edits_max_(static_cast<std::int64_t>(edits_max)) {}

  // The pairs of the middle, both sequences trimmed; nullopt if there are too many edits.
  std::optional<std::vector<AlignedPair>> run() {
    const auto total = static_cast<std::int64_t>(before_.size() + after_.size());
    furthest_.assign(2 * static_cast<std::size_t>(std::min(total, edits_max_)) + 3, 0);
    for (std::int64_t edits = 0; edits <= std::min(total, edits_max_); ++edits) {
      if (extend_all(edits)) {
        return walk_back(edits);
      }
    }
    return std::nullopt;
  }

 private:
  // The x of each diagonal k = x - y, for an even or odd number of edits.
  std::int64_t& at(std::int64_t diagonal) {
    const auto middle = static_cast<std::int64_t>(furthest_.size() / 2);
    return furthest_[static_cast<std::size_t>(middle + diagonal)];
  }

  bool came_down(std::int64_t diagonal, std::int64_t edits) {
    return diagonal == -edits || (diagonal != edits && at(diagonal - 1) < at(diagonal + 1));
  }

  bool extend_all(std::int64_t edits) {
    bool reached = false;
    for (std::int64_t diagonal = -edits; diagonal <= edits && !reached; diagonal += 2) {
      std::int64_t x = came_down(diagonal, edits) ? at(diagonal + 1) : at(diagonal - 1) + 1;
      const auto width = static_cast<std::int64_t>(before_.size());
      const auto height = static_cast<std::int64_t>(after_.size());
      while (x < width && x - diagonal < height && x - diagonal >= 0 &&
             equal(before_[static_cast<std::size_t>(x)],
                   after_[static_cast<std::size_t>(x - diagonal)])) {
        ++x;
      }
      at(diagonal) = x;
      reached = x >= width && x - diagonal >= height;
    }
    remember(edits);
    return reached;
  }

  // What the diagonals -edits..edits hold after this many edits.
  void remember(std::int64_t edits) {
    const auto middle = static_cast<std::int64_t>(furthest_.size() / 2);
    const auto begin = furthest_.begin() + (middle - edits);
    trace_.emplace_back(begin, begin + (2 * edits + 1));
  }

  [[nodiscard]] std::int64_t remembered(std::int64_t edits, std::int64_t diagonal) const {
    return trace_[static_cast<std::size_t>(edits)][static_cast<std::size_t>(diagonal + edits)];
  }

  std::vector<AlignedPair> walk_back(std::int64_t edits) const {
    std::vector<AlignedPair> pairs;
    auto x = static_cast<std::int64_t>(before_.size());
    auto y = static_cast<std::int64_t>(after_.size());
    for (; edits > 0; --edits) {
      const std::int64_t diagonal = x - y;
      const bool down =
          diagonal == -edits || (diagonal != edits && remembered(edits - 1, diagonal - 1, 0) <
                                                          remembered(edits - 1, diagonal + 1, 0));
      const std::int64_t from = down ? diagonal + 1 : diagonal - 1;
      const std::int64_t from_x = remembered(edits - 1, from);
      take_equal(x, y, down ? from_x : from_x + 1, pairs);
      if (down) {
        pairs.push_back({std::nullopt, static_cast<std::size_t>(--y)});
      } else {
        pairs.push_back({static_cast<std::size_t>(--x), std::nullopt});
      }
    }
    take_equal(x, y, 0, pairs);
    std::reverse(pairs.begin(), pairs.end());
    return pairs;
  }

  // The same, for diagonals that fewer edits did not reach: `none`.
  [[nodiscard]] std::int64_t remembered(std::int64_t edits, std::int64_t diagonal,
                                        std::int64_t none) const {
    return diagonal < -edits || diagonal > edits ? none : remembered(edits, diagonal);
  }

  static void take_equal(std::int64_t& x, std::int64_t& y, std::int64_t until,
                         std::vector<AlignedPair>& pairs) {
    while (x > until) {
      --x;
      --y;
      pairs.push_back({static_cast<std::size_t>(x), static_cast<std::size_t>(y)});
    }
  }

  Sequence before_;
  Sequence after_;
  std::int64_t edits_max_;
  std::vector<std::int64_t> furthest_;
  std::vector<std::vector<std::int64_t>> trace_;
};

std::vector<AlignedPair> unaligned(std::size_t before, std::size_t after) {
  std::vector<AlignedPair> pairs;
  for (std::size_t i = 0; i < before; ++i) {
    pairs.push_back({i, std::nullopt});
  }
  for (std::size_t i = 0; i < after; ++i) {
    pairs.push_back({std::nullopt, i});
  }
  return pairs;
}

}  // namespace

std::vector<AlignedPair> align(Sequence before, Sequence after, std::size_t edits_max) {
  const std::size_t shorter = std::min(before.size(), after.size());
  std::size_t head = 0;
  while (head < shorter && equal(before[head], after[head])) {
    ++head;
  }
  std::size_t tail = 0;
  while (tail < shorter - head &&
         equal(before[before.size() - 1 - tail], after[after.size() - 1 - tail])) {
    ++tail;
  }
  const Sequence middle_before = before.subspan(head, before.size() - head - tail);
  const Sequence middle_after = after.subspan(head, after.size() - head - tail);
  std::vector<AlignedPair> middle =
      Aligner(middle_before, middle_after, edits_max)
          .run()
          .value_or(unaligned(middle_before.size(), middle_after.size()));
  std::vector<AlignedPair> pairs;
  pairs.reserve(head + middle.size() + tail);
  for (std::size_t i = 0; i < head; ++i) {
    pairs.push_back({i, i});
  }
  for (const AlignedPair& pair : middle) {
    pairs.push_back({pair.before ? std::optional(*pair.before + head) : std::nullopt,
                     pair.after ? std::optional(*pair.after + head) : std::nullopt});
  }
  for (std::size_t i = 0; i < tail; ++i) {
    pairs.push_back({before.size() - tail + i, after.size() - tail + i});
  }
  return pairs;
}

}  // namespace quotemill
