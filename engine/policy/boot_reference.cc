#include "engine/policy/boot_reference.h"

#include <algorithm>
#include <utility>

namespace quotemill {

BootReference::BootReference(std::shared_ptr<const Baseline> baseline)
    : baseline_(std::move(baseline)) {
  for (const ReferenceEvent& event : baseline_->events) {
    if (event.pcr >= limits::kPcrCount) {
      continue;  // no boot can extend it
    }
    for (const Digest& digest : event.digests) {
      banks_[bank_index(digest.algorithm())][event.pcr].push_back({&event, digest});
    }
  }
}

bool BootReference::has_bank(HashAlgorithm bank) const {
  const Sequences& sequences = banks_[bank_index(bank)];
  return std::any_of(sequences.begin(), sequences.end(),
                     [](const auto& sequence) { return !sequence.empty(); });
}

std::span<const ReferenceDigest> BootReference::sequence(HashAlgorithm bank,
                                                         std::uint32_t pcr) const {
  return banks_[bank_index(bank)][pcr];
}

}  // namespace quotemill
