#include "engine/appraise/claims.h"

#include <numeric>

namespace quotemill {

// Twice over the events, to know where those of each PCR begin: that is cheaper than to move them.
EventClaims::EventClaims(std::span<const BootEvent> in_log_order, HashAlgorithm bank,
                         std::uint32_t pcrs) {
  const std::size_t index = bank_index(bank);
  const auto is_claimed = [index, pcrs](const BootEvent& event) {
    return event.pcr < limits::kPcrCount && (pcrs >> event.pcr & 1U) != 0 && event.is_measured() &&
           event.digest_at[index] != BootEvent::kNoDigest;
  };
  for (const BootEvent& event : in_log_order) {
    begin_[is_claimed(event) ? event.pcr + 1 : 0] += 1;  // [0] has no use yet
  }
  begin_[0] = 0;
  std::partial_sum(begin_.begin(), begin_.end(), begin_.begin());
  events_.resize(begin_.back());
  std::array<std::uint32_t, limits::kPcrCount + 1> next = begin_;
  for (const BootEvent& event : in_log_order) {
    if (is_claimed(event)) {
      events_[next[event.pcr]++] = {&event, event.digest(bank)};
    }
  }
}

Claims extract(const VerifiedBoot& boot) {
  Claims claims;
  claims.bank = boot.pcrs().algorithm();
  claims.quoted_pcrs = boot.pcrs().mask();
  claims.proven_pcrs = boot.proven_pcrs();
  claims.events = EventClaims(boot.boot_log().events, claims.bank, claims.proven_pcrs);
  return claims;
}

}  // namespace quotemill
