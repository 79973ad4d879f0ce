#include "engine/appraise/claims.h"

namespace quotemill {

Claims extract(const VerifiedEvidence& evidence) {
  Claims claims;
  claims.bank = evidence.quote().pcrs().algorithm();
  claims.quoted_pcrs = evidence.quote().pcrs().mask();
  claims.proven_pcrs = evidence.proven_pcrs();
  for (const BootEvent& event : evidence.boot_log().events) {
    const bool is_proven = event.is_measured() && event.pcr < limits::kPcrCount &&
                           (claims.proven_pcrs >> event.pcr & 1U) != 0;
    if (!is_proven) {
      continue;
    }
    if (const auto digest = Digest::from(claims.bank, event.digest(claims.bank))) {
      claims.events.push_back({&event, *digest});
    }
  }
  return claims;
}

}  // namespace quotemill
