#include "engine/verdict/esxi_attestation.h"

#include "engine/verdict/esxi_messages.h"

namespace quotemill {
namespace {

AttestationStatus status_of(TrustState state) {
  switch (state) {
    case TrustState::kTrusted:
      return AttestationStatus::kPassed;
    case TrustState::kWarning:
    case TrustState::kStale:
      return AttestationStatus::kWarning;
    case TrustState::kFailed:
      return AttestationStatus::kFailed;
    case TrustState::kUnknown:
      break;
  }
  return AttestationStatus::kNotApplicable;
}

// A changed identity is a failure only if nobody can tell whose it is: two machines use one EK.
bool is_of_shared_ek(const Finding& finding) {
  return finding.code == FindingCode::kIdentityChanged && finding.severity == Severity::kFail;
}

void tell(const Finding& finding, EsxiAttestation& out) {
  out.key = name_of(finding.code);
  out.message = message_of(finding);
  out.remedy = remedy_of(finding.code);
  if (const EsxiMessage* const message = esxi_message_of(finding.code)) {
    out.cause = message->cause;
    out.remedy = message->remedy;
    out.vsphere = message->vsphere;
  }
  if (is_of_shared_ek(finding)) {
    out.cause = "A virtual TPM was cloned, or one TPM serves two systems: which is the host?";
    out.remedy =
        "Decide with 'quotemill pending approve' or 'pending deny'; give the other machine a TPM "
        "of its own.";
  }
}

// What the last proven boot of a silent host failed by; null if it did not.
const Finding* failed_before_silence(const HostState& state) {
  if (state.state != TrustState::kStale || !state.proof) {
    return nullptr;
  }
  for (const Finding& finding : state.proof->findings) {
    if (finding.severity == Severity::kFail) {
      return &finding;
    }
  }
  return nullptr;
}

}  // namespace

std::string_view name_of(AttestationStatus status) {
  switch (status) {
    case AttestationStatus::kNotApplicable:
      return "N/A";
    case AttestationStatus::kPassed:
      return "Passed";
    case AttestationStatus::kWarning:
      return "Warning";
    case AttestationStatus::kFailed:
      return "Failed";
  }
  return "N/A";
}

std::string_view colour_of(AttestationStatus status) {
  switch (status) {
    case AttestationStatus::kNotApplicable:
      return "grey";
    case AttestationStatus::kPassed:
      return "green";
    case AttestationStatus::kWarning:
      return "yellow";
    case AttestationStatus::kFailed:
      return "red";
  }
  return "grey";
}

EsxiAttestation esxi_attestation(const HostState& state) {
  EsxiAttestation out;
  out.status = status_of(state.state);
  if (const Finding* const failed = failed_before_silence(state)) {
    out.status = AttestationStatus::kFailed;
    tell(*failed, out);
    return out;
  }
  const Findings& findings = state.verdict.findings;
  if (!findings.empty() && findings.front().severity != Severity::kInfo) {
    tell(findings.front(), out);  // decide() sorts them
    if (findings.front().severity == Severity::kFail) {
      out.status = AttestationStatus::kFailed;
    }
    return out;
  }
  if (out.status == AttestationStatus::kPassed) {
    out.key = "esxi.accepted";
    out.message = "signed by the host's TPM, and all of it as the policy asks";
    out.vsphere = "Passed";
  } else {
    out.key = "esxi.not_attested";
    out.message = "the host has not attested";
    out.cause = "Its TPM has proven nothing to this verifier yet.";
    out.remedy = "Look whether its agent runs; a TPM 2.0 with an active SHA-256 bank is needed.";
    out.vsphere = "N/A";
  }
  return out;
}

}  // namespace quotemill
