#include "engine/verdict/verdict.h"

#include <algorithm>

#include "engine/base/limits.h"

namespace quotemill {
namespace {

TrustState state_for(const Findings& findings) {
  const auto is_unjudged = [](const Finding& finding) {
    return finding.code == FindingCode::kPolicyNone;
  };
  const Severity worst = worst_of(findings);
  if (worst == Severity::kFail) {
    return TrustState::kFailed;
  }
  if (std::any_of(findings.begin(), findings.end(), is_unjudged)) {
    return TrustState::kUnknown;
  }
  return worst == Severity::kWarning ? TrustState::kWarning : TrustState::kTrusted;
}

}  // namespace

std::string_view name_of(TrustState state) {
  switch (state) {
    case TrustState::kUnknown:
      return "unknown";
    case TrustState::kTrusted:
      return "trusted";
    case TrustState::kWarning:
      return "warning";
    case TrustState::kFailed:
      return "failed";
    case TrustState::kStale:
      return "stale";
  }
  return "unknown";
}

bool rests_on_evidence(TrustState state) {
  return state == TrustState::kTrusted || state == TrustState::kWarning ||
         state == TrustState::kFailed;
}

std::optional<TrustState> trust_state(std::uint8_t number) {
  if (number > static_cast<std::uint8_t>(TrustState::kStale)) {
    return std::nullopt;
  }
  return static_cast<TrustState>(number);
}

Verdict decide(Findings findings) {
  Verdict verdict;
  verdict.state = state_for(findings);
  const auto is_worse = [](const Finding& left, const Finding& right) {
    return left.severity > right.severity;
  };
  // Mostly they are few and in order; a stable sort would fetch memory all the same.
  if (!std::is_sorted(findings.begin(), findings.end(), is_worse)) {
    std::stable_sort(findings.begin(), findings.end(), is_worse);
  }
  if (findings.size() > limits::kFindingsMax) {
    verdict.findings_dropped = static_cast<std::uint32_t>(findings.size() - limits::kFindingsMax);
    findings.resize(limits::kFindingsMax);
  }
  verdict.findings = std::move(findings);
  return verdict;
}

}  // namespace quotemill
