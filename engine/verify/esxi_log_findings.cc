#include "engine/verify/esxi_log_findings.h"

#include "engine/base/text.h"
#include "engine/esxi/log/describe_esxi.h"
#include "engine/eventlog/event_type.h"

namespace quotemill {
namespace {

FindingCode code_of(EsxiProblemKind kind) {
  switch (kind) {
    case EsxiProblemKind::kGrammar:
      return FindingCode::kEsxiLogGrammar;
    case EsxiProblemKind::kMalformed:
      return FindingCode::kEsxiLogMalformed;
    case EsxiProblemKind::kDataDiffers:
      return FindingCode::kEsxiLogData;
    case EsxiProblemKind::kTagUnknown:
      return FindingCode::kEsxiLogTagUnknown;
    case EsxiProblemKind::kBankWeak:
      return FindingCode::kEsxiLogBank;
    case EsxiProblemKind::kTooLong:
      return FindingCode::kEsxiLogTooLong;
    case EsxiProblemKind::kSecureBoot:
      return FindingCode::kEsxiLogSecureBoot;
  }
  return FindingCode::kEsxiLogGrammar;
}

// A tag that nobody has explained may be the kernel's own, of a release that nobody here has seen:
// never trusted, and no proof of anything bad either.
Severity severity_of(EsxiProblemKind kind) {
  return kind == EsxiProblemKind::kTagUnknown ? Severity::kWarning : Severity::kFail;
}

Finding finding_of(const EsxiProblem& problem) {
  Finding finding{.code = code_of(problem.kind), .severity = severity_of(problem.kind)};
  finding.pcr = problem.pcr;
  finding.event = problem.event;
  if (problem.event) {
    finding.event_type = event_type::kEventTag;
  }
  finding.subject = describe(problem);
  finding.digest = problem.shown;
  finding.expected = problem.measured;
  return finding;
}

}  // namespace

Finding test_key_finding(const EsxiBoot& boot, const EsxiSigner& signer) {
  Finding finding{.code = FindingCode::kEsxiSignerTest, .severity = Severity::kFail};
  if (const EsxiPcrs* const pcrs = known_esxi_format().pcrs(boot.layout)) {
    finding.pcr = pcrs->variable;
  }
  finding.event = signer.event;
  finding.digest = signer.digest;
  finding.subject = escaped(signer.key_id, 32);
  return finding;
}

Findings esxi_log_findings(const EsxiBoot& boot) {
  Findings findings;
  for (const EsxiProblem& problem : boot.problems) {
    findings.push_back(finding_of(problem));
  }
  if (boot.problem_count > boot.problems.size()) {
    Finding rest{.code = FindingCode::kEsxiLogGrammar, .severity = Severity::kFail};
    rest.subject = std::to_string(boot.problem_count - boot.problems.size()) + " more";
    findings.push_back(std::move(rest));
  }
  for (const EsxiSigner& signer : boot.signers) {
    if (signer.role == EsxiSignerRole::kTest) {
      findings.push_back(test_key_finding(boot, signer));
    }
  }
  if (boot.has_secret) {
    Finding secret{.code = FindingCode::kEsxiLogSecret, .severity = Severity::kWarning};
    secret.event = boot.command_line_event;
    findings.push_back(std::move(secret));
  }
  return findings;
}

}  // namespace quotemill
