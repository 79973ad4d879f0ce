#include "transport/gateway/host_routes.h"

#include "transport/limits.h"

namespace quotemill::transport {
namespace {

// Looking through all of them for idle ones takes long: not for each message.
constexpr std::int64_t kSweepEveryMs = 1'000;

}  // namespace

bool HostRoutes::note(const CurveKey& host, const RouteId& route, std::int64_t now_ms) {
  if (is_denied(host, now_ms)) {
    return false;
  }
  const auto found = routes_.find(host);
  if (found != routes_.end()) {
    found->second.route = route;
    found->second.seen_ms = now_ms;
    return true;
  }
  if (routes_.size() >= limits::kGatewayHostsMax && !make_room(now_ms)) {
    return false;
  }
  routes_.emplace(host, Connected{route, now_ms});
  return true;
}

bool HostRoutes::make_room(std::int64_t now_ms) {
  if (now_ms - swept_ms_ < kSweepEveryMs) {
    return false;
  }
  swept_ms_ = now_ms;
  std::erase_if(routes_,
                [&](const auto& entry) { return now_ms - entry.second.seen_ms > kGatewayIdleMs; });
  return routes_.size() < limits::kGatewayHostsMax;
}

const RouteId* HostRoutes::find(const CurveKey& host) const {
  const auto found = routes_.find(host);
  return found == routes_.end() ? nullptr : &found->second.route;
}

void HostRoutes::forget(const CurveKey& host) {
  routes_.erase(host);
}

void HostRoutes::forget_all() {
  routes_.clear();
}

void HostRoutes::deny(const CurveKey& host, std::int64_t now_ms) {
  forget(host);
  const std::lock_guard lock(mutex_);
  if (denied_until_.size() >= limits::kGatewayDeniedMax) {
    std::erase_if(denied_until_, [&](const auto& entry) { return entry.second <= now_ms; });
  }
  // Full of keys that were denied just now: the server denies this one again, at the price of a
  // message.
  if (denied_until_.size() < limits::kGatewayDeniedMax) {
    denied_until_[host] = now_ms + kGatewayDeniedMs;
  }
}

bool HostRoutes::is_denied(const CurveKey& host, std::int64_t now_ms) const {
  const std::lock_guard lock(mutex_);
  const auto found = denied_until_.find(host);
  return found != denied_until_.end() && now_ms < found->second;
}

}  // namespace quotemill::transport
