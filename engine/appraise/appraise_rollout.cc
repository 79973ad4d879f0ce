#include "engine/appraise/appraise_rollout.h"

#include <algorithm>
#include <utility>

namespace quotemill {
namespace {

// A set that another name lacks, or that has no digests of the bank, says nothing of this boot;
// whatever else there is to say means that something of it was not explained, or not looked at.
bool explains(const Findings& compared) {
  return std::all_of(compared.begin(), compared.end(), [](const Finding& finding) {
    return finding.code == FindingCode::kBootReferenceAbsent ||
           finding.code == FindingCode::kBootBaselineBank;
  });
}

Finding about(const RolloutScope& scope, FindingCode code, Severity severity) {
  Finding finding;
  finding.code = code;
  finding.severity = severity;
  finding.subject = scope.rollout;
  return finding;
}

// Beside the new set: what the old one has to do with the boot.
FindingCode kind_without_new(bool is_old, bool is_explained_by_both) {
  if (is_old) {
    return FindingCode::kRolloutOld;
  }
  return is_explained_by_both ? FindingCode::kRolloutMixed : FindingCode::kRolloutOther;
}

}  // namespace

Findings appraise_rollout(const Claims& claims, const PcrBank& quoted, const Snapshot& snapshot,
                          const Findings& compared) {
  const RolloutScope* const scope = snapshot.rollout();
  if (scope == nullptr) {
    return {};
  }
  if (explains(compare_sets(claims, quoted, *scope->after))) {
    return {about(*scope, FindingCode::kRolloutNew, Severity::kInfo)};
  }
  const bool is_old = explains(compare_sets(claims, quoted, *scope->before));
  const Findings against_both =
      scope->is_overdue ? compare_sets(claims, quoted, *scope->both) : compared;
  const FindingCode kind = kind_without_new(is_old, explains(against_both));
  Findings findings = {about(*scope, kind, Severity::kInfo)};
  if (scope->is_overdue && kind != FindingCode::kRolloutOther) {
    findings.push_back(about(*scope, FindingCode::kRolloutLate, worst_of(compared)));
  }
  return findings;
}

}  // namespace quotemill
