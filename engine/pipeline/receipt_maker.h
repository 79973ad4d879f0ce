// ReceiptMaker: what a host is told after a verdict: the verdict, when the next attestation is due,
// and, while all is well, the next nonce.
#pragma once

#include <cstdint>
#include <random>

#include "engine/evidence/receipt.h"
#include "engine/identity/host_record.h"
#include "engine/pipeline/nonce_authority.h"
#include "engine/policy/policy.h"
#include "engine/verdict/host_state.h"

namespace quotemill {

class ReceiptMaker {
 public:
  // `nonces` outlives it. The seed comes from the system's random source.
  ReceiptMaker(const NonceAuthority& nonces, std::uint64_t seed) : nonces_(nonces), random_(seed) {}

  // The receipt for the state's verdict, encoded. Notes in the state the nonce that it carries.
  // Not for sharing between threads.
  Bytes make(const HostRecord& record, const Policy& policy, WallTime now, HostState& state);

 private:
  bool carries_nonce(const Policy& policy, TrustState state);

  const NonceAuthority& nonces_;
  std::mt19937_64 random_;
};

}  // namespace quotemill
