// KnownPcrs: PCR values that later quotes are compared with.
#pragma once

#include <utility>

#include "engine/tpm/pcr.h"

namespace quotemill {

// Values, and what a quote over them has as its digest: hashed once, because every quote of a host
// of which nothing changed digests the same. Immutable: any thread.
class KnownPcrs {
 public:
  KnownPcrs() = default;

  // Hashed now is what quotes signed with `signing_hash` digest; by default that of the bank
  // itself, which nearly all sign with.
  explicit KnownPcrs(PcrBank values, std::optional<HashAlgorithm> signing_hash = std::nullopt);

  [[nodiscard]] const PcrBank& values() const { return values_; }

  // PcrBank::composite(). REQUIRES: can_hash(signing_hash)
  [[nodiscard]] Digest composite(HashAlgorithm signing_hash) const {
    return composite_ && composite_->algorithm() == signing_hash ? *composite_
                                                                 : values_.composite(signing_hash);
  }

  friend bool operator==(const KnownPcrs& left, const KnownPcrs& right) {
    return left.values_ == right.values_;
  }

 private:
  PcrBank values_;
  std::optional<Digest> composite_;
};

}  // namespace quotemill
