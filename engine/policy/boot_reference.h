// BootReference: a baseline compiled for comparing, so that a boot like it costs one pass over the
// digests of each PCR.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "engine/base/limits.h"
#include "engine/baseline/baseline.h"

namespace quotemill {

// What a golden boot extended a PCR with. Borrows the baseline.
struct ReferenceDigest {
  const ReferenceEvent* event = nullptr;
  Digest digest;
};

// Immutable: any thread.
class BootReference {
 public:
  explicit BootReference(std::shared_ptr<const Baseline> baseline);

  [[nodiscard]] const Baseline& baseline() const { return *baseline_; }

  // Whether any event has a digest of the bank.
  [[nodiscard]] bool has_bank(HashAlgorithm bank) const;

  // The PCR's digests in the golden log's order. REQUIRES: pcr < limits::kPcrCount
  [[nodiscard]] std::span<const ReferenceDigest> sequence(HashAlgorithm bank,
                                                          std::uint32_t pcr) const;

 private:
  using Sequences = std::array<std::vector<ReferenceDigest>, limits::kPcrCount>;

  std::shared_ptr<const Baseline> baseline_;
  std::array<Sequences, kBankCount> banks_;
};

}  // namespace quotemill
