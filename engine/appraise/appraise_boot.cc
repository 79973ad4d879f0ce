#include "engine/appraise/appraise.h"
#include "engine/appraise/appraise_claims.h"
#include "engine/appraise/appraise_esxi.h"
#include "engine/appraise/appraise_esxi_start.h"
#include "engine/appraise/appraise_rollout.h"
#include "engine/appraise/broken_rule.h"
#include "engine/appraise/compare_boot.h"
#include "engine/appraise/compare_references.h"
#include "engine/crypto/hash.h"
#include "engine/verify/esxi_log_findings.h"

namespace quotemill {
namespace {

void compare_with_baselines(const Claims& claims, const Snapshot& snapshot, Findings& findings) {
  const BootRules& rules = snapshot.policy().boot;
  if (rules.baselines.empty() && !rules.references.empty()) {
    return;  // held against reference sets alone
  }
  const std::optional<Severity> severity = severity_of(rules.mismatch);
  if (!severity) {
    add_broken_rule(FindingCode::kPolicyNoRule, rules.no_baseline, {}, findings);
    return;
  }
  std::vector<const BootReference*> usable;
  for (const BootReference& reference : snapshot.references()) {
    if (reference.has_bank(claims.bank)) {
      usable.push_back(&reference);
    } else {
      add_broken_rule(FindingCode::kBootBaselineBank, rules.no_baseline, reference.baseline().name,
                      findings);
    }
  }
  if (usable.empty() || rules.compare == 0) {
    add_broken_rule(FindingCode::kBootBaselineAbsent, rules.no_baseline, {}, findings);
    return;
  }
  for (std::uint32_t pcr = 0; pcr < limits::kPcrCount; ++pcr) {
    // A PCR that the log does not explain has its finding already; its events prove nothing.
    if ((rules.compare & claims.proven_pcrs) >> pcr & 1U) {
      append(compare_pcr(claims, usable, pcr, *severity), findings);
    }
  }
}

// Events are proven one by one only for rules that ask: most policies compare digests.
bool asks_for_events(const Policy& policy) {
  return policy.claims.ask_for_claims() || policy.claims.unproven_event != RuleAction::kOff ||
         policy.esxi.is_on;
}

Findings judge_esxi(const ProvenLog& log, const VerifiedBoot& boot, const Snapshot& snapshot,
                    SoftwareMemo* memo) {
  if (!snapshot.policy().esxi.is_on) {
    return {};
  }
  EsxiBoot esxi;
  read_esxi_boot(log, known_esxi_format(), esxi, boot.log_form());
  Findings findings = esxi_log_findings(esxi);
  append(appraise_esxi(esxi, esxi_secure_boot(log), boot.proven_pcrs(), snapshot, memo), findings);
  return findings;
}

Findings judge_events(const VerifiedBoot& boot, const Snapshot& snapshot, const BootMemos& memos) {
  const HashAlgorithm bank = boot.pcrs().algorithm();
  if (!can_hash(bank) || !asks_for_events(snapshot.policy())) {
    return {};  // of a bank that cannot be hashed the evidence failed already
  }
  const ProvenLog log(boot.boot_log(), bank, boot.proven_pcrs(), memos.proofs);
  Findings findings = appraise_claims(log, snapshot);
  append(judge_esxi(log, boot, snapshot, memos.software), findings);
  return findings;
}

bool is_oddity(FindingCode code) {
  return code == FindingCode::kLogNoActionDigest || code == FindingCode::kLogLocality ||
         code == FindingCode::kLogDigestMissing;
}

}  // namespace

Findings compare_sets(const Claims& claims, const PcrBank& quoted, const Snapshot& snapshot) {
  Findings findings;
  compare_with_baselines(claims, snapshot, findings);
  append(compare_references(claims, quoted, snapshot), findings);
  return findings;
}

Findings appraise_boot(const VerifiedBoot& boot, const Snapshot& snapshot, const BootMemos& memos) {
  Findings findings;
  const std::optional<Severity> oddity = severity_of(snapshot.policy().boot.log_oddity);
  for (const Finding& finding : boot.findings()) {
    if (!is_oddity(finding.code)) {
      findings.push_back(finding);
    } else if (oddity) {
      findings.push_back(finding);
      findings.back().severity = *oddity;
    }
  }
  const Claims claims = extract(boot);
  const PcrBank& quoted = boot.pcrs();
  Findings compared = compare_sets(claims, quoted, snapshot);
  append(appraise_rollout(claims, quoted, snapshot, compared), findings);
  append(std::move(compared), findings);
  append(judge_events(boot, snapshot, memos), findings);
  return findings;
}

Findings appraise_absent_log(const Snapshot& snapshot) {
  Findings findings;
  const RuleAction action = snapshot.policy().boot.log_absent;
  add_broken_rule(FindingCode::kLogAbsent, action, {}, findings);
  if (action == RuleAction::kOff || action == RuleAction::kInfo) {
    // Without a log nothing of the policy was exercised: never silently fine.
    add_broken_rule(FindingCode::kPolicyNoRule, RuleAction::kWarn, {}, findings);
  }
  // What must be proven is not, whatever an absent log is worth by itself.
  const BootLog nothing;
  append(appraise_claims(ProvenLog(nothing, HashAlgorithm::kSha256, 0), snapshot), findings);
  append(appraise_esxi({}, {}, 0, snapshot, nullptr), findings);
  return findings;
}

}  // namespace quotemill
