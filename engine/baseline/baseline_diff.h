// What differs between two baselines, in words: for people who decide whether a new one may stand
// for an old one.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/baseline/baseline.h"

namespace quotemill {

// What happened to one thing on the way from the first baseline to the second.
enum class BaselineEdit : std::uint8_t {
  kAdded,     // only the second has it
  kRemoved,   // only the first has it
  kReplaced,  // both have it, under other digests
  kTold,      // the same digest, of which something else is told
};

struct BaselineDifference {
  BaselineEdit edit = BaselineEdit::kAdded;
  std::string what;  // a sentence; escaped
};

struct BaselineDiff {
  std::vector<BaselineDifference> differences;  // the first limits::kBaselineDiffLinesMax
  std::uint64_t found = 0;                      // all of them
  std::uint64_t same = 0;                       // values or events that both have
};

// Values are the same by digest, kind and PCR; of those left, such as have one name, kind and PCR
// are replaced. Events of captured boots are compared as values, so that a boot can be held against
// an imported set. Time is that of sorting.
BaselineDiff diff(const Baseline& from, const Baseline& to);

}  // namespace quotemill
