#include "engine/pipeline/receipt_maker.h"

#include <algorithm>
#include <limits>

namespace quotemill {
namespace {

constexpr std::size_t kFindingsToldMax = 8;
constexpr std::uint64_t kInteractiveOneIn = 16;  // so that no nonce can be counted on in advance
constexpr std::int64_t kNonceGraceMs = 30'000;   // beyond the due time, before the nonce expires

std::uint32_t clamped_ms(std::int64_t ms) {
  return static_cast<std::uint32_t>(
      std::clamp<std::int64_t>(ms, 0, std::numeric_limits<std::uint32_t>::max()));
}

}  // namespace

bool ReceiptMaker::carries_nonce(const Policy& policy, TrustState state) {
  return policy.freshness.mode == FreshnessMode::kPreissued && state == TrustState::kTrusted &&
         random_() % kInteractiveOneIn != 0;
}

Bytes ReceiptMaker::make(const HostRecord& record, const Policy& policy, WallTime now,
                         HostState& state) {
  Receipt receipt;
  receipt.state = static_cast<std::uint8_t>(state.verdict.state);
  receipt.host = record.uid;
  receipt.generation = record.generation;
  receipt.number = state.sequence;
  // Up to a tenth early, so that a fleet that started together does not stay together.
  const std::int64_t every = policy.freshness.attest_every_ms;
  const auto early =
      static_cast<std::int64_t>(random_() % static_cast<std::uint64_t>(every / 10 + 1));
  receipt.next_due_ms = clamped_ms(every - early);
  receipt.selections = {policy.selection};
  state.nonce_issued.reset();
  state.nonce_deadline = {};
  if (carries_nonce(policy, state.verdict.state)) {
    receipt.next_nonce = nonces_.issue(record.uid, record.generation, state.sequence + 1);
    receipt.nonce_valid_ms = clamped_ms(every + kNonceGraceMs);
    state.nonce_issued = now;
    state.nonce_deadline.ms = now.ms + receipt.nonce_valid_ms;
  }
  for (const Finding& finding : state.verdict.findings) {
    if (finding.severity != Severity::kInfo && receipt.findings.size() < kFindingsToldMax) {
      receipt.findings.push_back({static_cast<std::uint8_t>(finding.severity),
                                  std::string(name_of(finding.code)), message_of(finding)});
    }
  }
  return encode_receipt(receipt);
}

}  // namespace quotemill
