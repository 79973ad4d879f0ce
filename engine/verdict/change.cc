#include "engine/verdict/change.h"

#include <algorithm>
#include <iterator>

#include "engine/base/byte_writer.h"
#include "engine/crypto/hash.h"

namespace quotemill {
namespace {

bool is_loss(TrustState state) {
  return state == TrustState::kWarning || state == TrustState::kFailed ||
         state == TrustState::kStale;
}

// Of a host that had lost its trust before anybody noted when, nobody knows it now.
std::uint64_t loss_of(const HostState& previous, const Change& change) {
  const bool begins =
      previous.trust_lost == 0 && is_loss(change.current) && !is_loss(change.previous);
  return begins ? change.host_sequence : previous.trust_lost;
}

}  // namespace

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
  change.trust_lost = loss_of(previous, change);
  return change;
}

bool ends_loss(const Change& change) {
  return change.current == TrustState::kTrusted ||
         std::any_of(change.reasons.begin(), change.reasons.end(), [](const Finding& reason) {
           return reason.code == FindingCode::kIdentityRetired;
         });
}

Digest id_of(const Change& change) {
  ByteWriter out;
  out.bytes(as_bytes("quotemill/1/change")).bytes(change.chain_before.view());
  out.u64_be(change.sequence).bytes(change.host.view()).u64_be(change.host_sequence);
  out.u64_be(static_cast<std::uint64_t>(change.time.ms));
  out.u8(static_cast<std::uint8_t>(change.previous)).u8(static_cast<std::uint8_t>(change.current));
  out.bytes(change.evidence.view()).bytes(change.snapshot);
  out.u32_be(static_cast<std::uint32_t>(change.reasons.size()));
  for (const Finding& reason : change.reasons) {
    out.u32_be(static_cast<std::uint32_t>(reason.code))
        .u8(static_cast<std::uint8_t>(reason.severity));
  }
  return hash(HashAlgorithm::kSha256, out.view());
}

}  // namespace quotemill
