#include "engine/appraise/appraise_stored.h"

#include <algorithm>
#include <array>

#include "engine/appraise/appraise_runtime.h"
#include "engine/appraise/standing_findings.h"

namespace quotemill {
namespace {

constexpr std::array kBeyondPolicy = {
    FindingCode::kEvidenceMalformed, FindingCode::kEvidenceIdentity,
    FindingCode::kQuoteMalformed,    FindingCode::kQuoteSignature,
    FindingCode::kQuoteNonce,        FindingCode::kQuoteSelection,
    FindingCode::kQuotePcrDigest,    FindingCode::kQuotePcrValues,
    FindingCode::kQuoteNonceReused,  FindingCode::kQuoteClockBackwards,
    FindingCode::kTpmCleared,        FindingCode::kBootCountersBackwards,
    FindingCode::kLogWithheld,       FindingCode::kLogMalformed,
    FindingCode::kLogMismatch,       FindingCode::kLogNoEvents,
    FindingCode::kLogBankMissing,    FindingCode::kImaMalformed,
    FindingCode::kImaMismatch,       FindingCode::kImaBehind,
};

// By which rule a finding about a step is weighed; nullopt: it says nothing of a step.
std::optional<RuleAction> rule_of_step(FindingCode code, const Policy& policy) {
  switch (code) {
    case FindingCode::kBootKexec:
      return policy.counters.kexec;
    case FindingCode::kBootResetUnreported:
      return policy.counters.reset_unreported;
    case FindingCode::kQuoteClockLag:
      return policy.counters.clock_lag;
    case FindingCode::kQuoteClockUnsafe:
      return policy.counters.clock_unsafe;
    case FindingCode::kTpmFirmwareChanged:
      return policy.counters.tpm_firmware_changed;
    case FindingCode::kQuoteWeakAlgorithm:
      return policy.weak_algorithm;
    case FindingCode::kBootRebooted:
    case FindingCode::kBootRestarted:
      return RuleAction::kInfo;
    default:
      return std::nullopt;
  }
}

}  // namespace

bool fails_under_any_policy(const Verdict& verdict) {
  return std::any_of(verdict.findings.begin(), verdict.findings.end(), [](const Finding& finding) {
    return finding.severity == Severity::kFail &&
           std::find(kBeyondPolicy.begin(), kBeyondPolicy.end(), finding.code) !=
               kBeyondPolicy.end();
  });
}

Findings appraise_stored_step(const Verdict& last, const Snapshot& snapshot) {
  Findings findings;
  for (const Finding& finding : last.findings) {
    const std::optional<RuleAction> rule = rule_of_step(finding.code, snapshot.policy());
    const std::optional<Severity> severity = rule ? severity_of(*rule) : std::nullopt;
    if (severity) {
      findings.push_back(finding);
      findings.back().severity = *severity;
    }
  }
  return findings;
}

Findings appraise_stored_quote(const HostRecord& record, const HostState& state,
                               const Snapshot& snapshot) {
  Findings findings;
  add_unquoted_pcrs(state.proof->pcrs.values(), snapshot.policy(), findings);
  add_identity(record, snapshot.policy(), findings);
  // Among the findings of the step if it was noted; else the counters, if they are the quote's own,
  // tell it.
  const auto is_unsafe = [](const Finding& finding) {
    return finding.code == FindingCode::kQuoteClockUnsafe;
  };
  const Findings& last = state.verdict.findings;
  if (state.counters && !state.counters->clock.safe &&
      std::none_of(last.begin(), last.end(), is_unsafe)) {
    if (const auto severity = severity_of(snapshot.policy().counters.clock_unsafe)) {
      Finding finding;
      finding.code = FindingCode::kQuoteClockUnsafe;
      finding.severity = *severity;
      findings.push_back(std::move(finding));
    }
  }
  return findings;
}

std::optional<Findings> appraise_stored_runtime(const HostState& state, const Snapshot& snapshot) {
  const PcrBank& quoted = state.proof->pcrs.values();
  if (!snapshot.policy().selection.has(kImaPcr) || !quoted.has(kImaPcr)) {
    return Findings();
  }
  if (quoted.at(kImaPcr).is_filled_with(0)) {
    return appraise_absent_list(snapshot);
  }
  const auto& runtime = state.runtime;
  const bool stands =
      runtime && state.counters && runtime->rules == snapshot.runtime_id() &&
      runtime->generation == state.generation && runtime->reset_count == state.proof->reset_count &&
      runtime->boot_id == state.counters->boot_id && runtime->pcr == quoted.at(kImaPcr);
  return stands ? std::optional(runtime->findings) : std::nullopt;
}

}  // namespace quotemill
