#include "engine/verdict/reaffirmation.h"

namespace quotemill {

namespace {

bool is_same_verdict(const Verdict& previous, const Verdict& next) {
  const auto& [state, findings, findings_dropped, snapshot, fresh_from, valid_until] = next;
  return state == previous.state && findings_dropped == previous.findings_dropped &&
         snapshot == previous.snapshot && findings == previous.findings;
}

bool is_same_boot(const CounterRecord& previous, const CounterRecord& next) {
  const auto& [clock, firmware_version, boot_id, received] = next;
  return clock.reset_count == previous.clock.reset_count &&
         clock.restart_count == previous.clock.restart_count && clock.safe == previous.clock.safe &&
         firmware_version == previous.firmware_version && boot_id == previous.boot_id;
}

bool is_same_boot(const std::optional<CounterRecord>& previous,
                  const std::optional<CounterRecord>& next) {
  return previous && next ? is_same_boot(*previous, *next)
                          : previous.has_value() == next.has_value();
}

// Nearly always one and the same.
template <class T>
bool is_same(const std::shared_ptr<const T>& previous, const std::shared_ptr<const T>& next) {
  return previous == next || (previous && next && *previous == *next);
}

}  // namespace

bool reaffirms(const HostState& previous, const HostState& next) {
  // All members by name: a new one does not compile until somebody decides what it means here.
  const auto& [host, generation, sequence, state, since, verdict, judged, counters, proof, runtime,
               latches, facts, evidence, receipt, nonce_issued, nonce_deadline, host_changes,
               trust_lost] = next;
  return host == previous.host && generation == previous.generation &&
         sequence == previous.sequence + 1 && !previous.receipt.empty() &&
         state == previous.state && since == previous.since &&
         host_changes == previous.host_changes && trust_lost == previous.trust_lost &&
         is_same_verdict(previous.verdict, verdict) && is_same_boot(previous.counters, counters) &&
         (!proof || proof->generation == generation) && is_same(previous.proof, proof) &&
         runtime == previous.runtime && is_same(previous.latches, latches) &&
         facts == previous.facts;
}

}  // namespace quotemill
