#include "deploy/quotemilld/ek_expiry.h"

#include <algorithm>
#include <utility>

#include "deploy/quotemilld/limits.h"

namespace quotemill::daemon {

void EkExpiry::look(const HostTable& hosts) {
  const std::vector<Host> page = hosts.list(after_, limits::kExpiryHostsALook);
  for (const Host& host : page) {
    const auto& shown = host.record->ek_certificate;
    if (host.record->may_attest() && shown && shown->not_after != WallTime{}) {
      seen_ms_ = std::min(seen_ms_, shown->not_after.ms);
    }
  }
  if (page.size() == limits::kExpiryHostsALook) {
    after_ = page.back().record->name;
  } else {
    after_.clear();
    before_ms_ = std::exchange(seen_ms_, kNone);
  }
  soonest_ms_ = std::min(seen_ms_, before_ms_);
}

std::optional<WallTime> EkExpiry::soonest() const {
  const std::int64_t ms = soonest_ms_;
  return ms == kNone ? std::nullopt : std::optional(WallTime{ms});
}

}  // namespace quotemill::daemon
