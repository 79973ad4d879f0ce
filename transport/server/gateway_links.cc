#include "transport/server/gateway_links.h"

#include <algorithm>
#include <utility>

#include "engine/pipeline/counters.h"
#include "engine/policy/selector.h"

namespace quotemill::transport {

GatewayLinks::GatewayLinks(const std::vector<GatewayOptions>& gateways) {
  for (const GatewayOptions& options : gateways) {
    links_.push_back(std::make_unique<Link>());
    links_.back()->options = options;
  }
}

std::optional<GatewayNumber> GatewayLinks::find(const CurveKey& key) const {
  const auto found = std::find_if(links_.begin(), links_.end(),
                                  [&](const auto& link) { return link->options.key == key; });
  return found == links_.end() ? std::nullopt
                               : std::optional(static_cast<GatewayNumber>(found - links_.begin()));
}

const std::string& GatewayLinks::name(GatewayNumber gateway) const {
  return links_[gateway]->options.name;
}

bool GatewayLinks::may_carry(GatewayNumber gateway, std::string_view host_name) {
  Link& link = *links_[gateway];
  const std::vector<std::string>& hosts = link.options.hosts;
  const bool is_listed = std::any_of(
      hosts.begin(), hosts.end(),
      [host_name](const std::string& pattern) { return matches_pattern(pattern, host_name); });
  if (!is_listed) {
    count(link.counters.refused);
  }
  return is_listed;
}

void GatewayLinks::note_route(GatewayNumber gateway, const RouteId& route) {
  links_[gateway]->route = route;
}

bool GatewayLinks::put(GatewayNumber gateway, const CurveKey& host, Bytes frame) {
  Link& link = *links_[gateway];
  if (link.route.empty() || !link.waiting.push(host, std::move(frame))) {
    count(link.counters.dropped);
    return false;
  }
  return true;
}

std::vector<GatewayNumber> GatewayLinks::flush(const Send& send) {
  std::vector<GatewayNumber> lost;
  for (std::size_t i = 0; i < links_.size(); ++i) {
    if (!flush(*links_[i], send)) {
      lost.push_back(static_cast<GatewayNumber>(i));
    }
  }
  return lost;
}

// False if its connection is gone.
bool GatewayLinks::flush(Link& link, const Send& send) {
  while (!link.waiting.is_empty()) {
    const SendOutcome outcome = send(link.route, link.waiting.message());
    if (outcome == SendOutcome::kFull) {
      return true;
    }
    if (outcome != SendOutcome::kSent) {
      disconnect(link);
      return false;
    }
    count(link.counters.messages_out);
    count(link.counters.frames_out, link.waiting.pop());
  }
  return true;
}

void GatewayLinks::disconnect(Link& link) {
  count(link.counters.dropped, link.waiting.clear());
  link.route.clear();
}

bool GatewayLinks::is_waiting() const {
  return std::any_of(links_.begin(), links_.end(),
                     [](const auto& link) { return !link->waiting.is_empty(); });
}

void GatewayLinks::forget_routes() {
  for (const auto& link : links_) {
    disconnect(*link);
  }
}

const GatewayCounters& GatewayLinks::counters(GatewayNumber gateway) const {
  return links_[gateway]->counters;
}

GatewayCounters& GatewayLinks::counters(GatewayNumber gateway) {
  return links_[gateway]->counters;
}

}  // namespace quotemill::transport
