#include "engine/tpm/known_pcrs.h"

#include "engine/crypto/hash.h"

namespace quotemill {

KnownPcrs::KnownPcrs(PcrBank values, std::optional<HashAlgorithm> signing_hash)
    : values_(std::move(values)) {
  const HashAlgorithm hash = signing_hash.value_or(values_.algorithm());
  if (can_hash(hash)) {
    composite_ = values_.composite(hash);
  }
}

}  // namespace quotemill
