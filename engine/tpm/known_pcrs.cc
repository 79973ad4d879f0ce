#include "engine/tpm/known_pcrs.h"

#include "engine/crypto/hash.h"

namespace quotemill {

KnownPcrs::KnownPcrs(PcrBank values) : values_(std::move(values)) {
  if (can_hash(values_.algorithm())) {
    composite_ = values_.composite(values_.algorithm());
  }
}

}  // namespace quotemill
