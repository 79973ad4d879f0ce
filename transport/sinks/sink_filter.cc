#include "transport/sinks/sink_filter.h"

#include <algorithm>

namespace quotemill::transport {
namespace {

Severity severity_of(TrustState state) {
  switch (state) {
    case TrustState::kFailed:
      return Severity::kFail;
    case TrustState::kWarning:
    case TrustState::kStale:
      return Severity::kWarning;
    case TrustState::kTrusted:
    case TrustState::kUnknown:
      break;
  }
  return Severity::kInfo;
}

}  // namespace

bool SinkFilter::takes(const Change& change, const Labels& host) const {
  const bool is_wanted_state =
      states.empty() || std::find(states.begin(), states.end(), change.current) != states.end();
  const bool is_severe =
      std::max(severity_of(change.previous), severity_of(change.current)) >= severity_min;
  const bool has_labels = std::all_of(labels.begin(), labels.end(), [&host](const auto& wanted) {
    const auto found = host.find(wanted.first);
    return found != host.end() && found->second == wanted.second;
  });
  return is_wanted_state && is_severe && has_labels &&
         !(without_maintenance && change.in_maintenance);
}

}  // namespace quotemill::transport
