// EkExpiry: when the first EK certificate of the fleet ends, found a part of the fleet at a time:
// all of a million certificates at once would hold up whoever asks.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>

#include "engine/base/time.h"
#include "engine/pipeline/host_table.h"

namespace quotemill::daemon {

class EkExpiry {
 public:
  // Goes on with the hosts behind those of the last look, and begins again behind the last host.
  // One thread.
  void look(const HostTable& hosts);

  // Of the hosts that may attest, as of the last time through all of them; nullopt if none shows a
  // certificate. Any thread.
  [[nodiscard]] std::optional<WallTime> soonest() const;

 private:
  static constexpr std::int64_t kNone = INT64_MAX;

  std::string after_;
  std::int64_t seen_ms_ = kNone;    // since the beginning of this time through
  std::int64_t before_ms_ = kNone;  // of the last one
  std::atomic<std::int64_t> soonest_ms_{kNone};
};

}  // namespace quotemill::daemon
