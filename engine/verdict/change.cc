#include "engine/verdict/change.h"

#include <algorithm>
#include <iterator>

namespace quotemill {

std::optional<Change> compare(const HostState& previous, const HostState& current) {
  if (previous.state == current.state) {
    return std::nullopt;
  }
  Change change;
  change.host = current.host;
  change.host_sequence = previous.host_changes + 1;
  change.time = current.since;
  change.previous = previous.state;
  change.current = current.state;
  std::copy_if(current.verdict.findings.begin(), current.verdict.findings.end(),
               std::back_inserter(change.reasons),
               [](const Finding& finding) { return finding.severity != Severity::kInfo; });
  change.snapshot = current.verdict.snapshot;
  if (current.state != TrustState::kStale) {
    change.evidence = current.evidence;
  }
  if (current.counters) {
    change.boot_id = current.counters->boot_id;
    change.reset_count = current.counters->clock.reset_count;
    change.restart_count = current.counters->clock.restart_count;
  }
  return change;
}

}  // namespace quotemill
