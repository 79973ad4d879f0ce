// Claims: the facts drawn from verified evidence, before any policy looks at them.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "engine/base/limits.h"
#include "engine/verify/verified_evidence.h"

namespace quotemill {

// One measured event of a PCR whose quoted value the log explains. Borrows the log.
struct EventClaim {
  const BootEvent* event = nullptr;
  ByteView digest;  // of the quoted bank
};

// Events by PCR, in the log's order within each.
class EventClaims {
 public:
  EventClaims() = default;

  // Those events that were measured into a PCR of `pcrs` (bit n: PCR n) and have a digest of
  // `bank`. Borrows them.
  EventClaims(std::span<const BootEvent> in_log_order, HashAlgorithm bank, std::uint32_t pcrs);

  // REQUIRES: pcr < limits::kPcrCount
  [[nodiscard]] std::span<const EventClaim> of(std::uint32_t pcr) const {
    return std::span(events_).subspan(begin_[pcr], begin_[pcr + 1] - begin_[pcr]);
  }

 private:
  std::vector<EventClaim> events_;
  std::array<std::uint32_t, limits::kPcrCount + 1> begin_{};
};

// Borrows the evidence it was drawn from.
struct Claims {
  HashAlgorithm bank = HashAlgorithm::kSha256;
  std::uint32_t quoted_pcrs = 0;
  std::uint32_t proven_pcrs = 0;
  EventClaims events;  // of proven PCRs only
};

Claims extract(const VerifiedBoot& boot);

}  // namespace quotemill
