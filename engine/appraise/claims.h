// Claims: the facts drawn from verified evidence, before any policy looks at them.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/verify/verified_evidence.h"

namespace quotemill {

// One measured event of a PCR whose quoted value the log explains. Borrows the log.
struct EventClaim {
  const BootEvent* event = nullptr;
  Digest digest;  // of the quoted bank
};

// Borrows the evidence it was drawn from.
struct Claims {
  HashAlgorithm bank = HashAlgorithm::kSha256;
  std::uint32_t quoted_pcrs = 0;
  std::uint32_t proven_pcrs = 0;
  std::vector<EventClaim> events;  // in the log's order; of proven PCRs only
};

Claims extract(const VerifiedEvidence& evidence);

}  // namespace quotemill
