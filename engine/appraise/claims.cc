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

Claims extract(const VerifiedEvidence& evidence) {
  Claims claims;
  claims.bank = evidence.quote().pcrs().algorithm();
  claims.quoted_pcrs = evidence.quote().pcrs().mask();
  claims.proven_pcrs = evidence.proven_pcrs();
  std::vector<EventClaim> events;
  events.reserve(evidence.boot_log().events.size());
  for (const BootEvent& event : evidence.boot_log().events) {
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
