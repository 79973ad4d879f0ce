#include "engine/appraise/claims.h"

#include <numeric>

namespace quotemill {

EventClaims::EventClaims(std::span<const EventClaim> in_log_order) : events_(in_log_order.size()) {
  for (const EventClaim& claim : in_log_order) {
    ++begin_[claim.event->pcr + 1];
  }
  std::partial_sum(begin_.begin(), begin_.end(), begin_.begin());
  std::array<std::uint32_t, limits::kPcrCount + 1> next = begin_;
  for (const EventClaim& claim : in_log_order) {
    events_[next[claim.event->pcr]++] = claim;
  }
}

Claims extract(const VerifiedBoot& boot) {
  Claims claims;
  claims.bank = boot.pcrs().algorithm();
  claims.quoted_pcrs = boot.pcrs().mask();
  claims.proven_pcrs = boot.proven_pcrs();
  std::vector<EventClaim> events;
  events.reserve(boot.boot_log().events.size());
  for (const BootEvent& event : boot.boot_log().events) {
    const bool is_proven = event.is_measured() && event.pcr < limits::kPcrCount &&
                           (claims.proven_pcrs >> event.pcr & 1U) != 0;
    const ByteView digest = is_proven ? event.digest(claims.bank) : ByteView{};
    if (!digest.empty()) {
      events.push_back({&event, digest});
    }
  }
  claims.events = EventClaims(events);
  return claims;
}

}  // namespace quotemill
