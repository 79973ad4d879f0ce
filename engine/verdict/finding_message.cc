// The sentences of the catalogue. One function per family, those of ESXi and of runtime lists in
// files of their own; every code has a sentence of its own.
#include "engine/eventlog/event_type.h"
#include "engine/verdict/finding.h"
#include "engine/verdict/finding_words.h"

namespace quotemill {
namespace {

using sentences::about;
using sentences::expected;
using sentences::numbers;
using sentences::seen;

std::string place_of(const Finding& finding) {
  std::string place;
  if (finding.pcr) {
    place = "PCR " + std::to_string(*finding.pcr);
  }
  if (finding.event) {
    place += place.empty() ? "event " : ", event ";
    place += std::to_string(*finding.event);
  }
  return place.empty() ? place : place + ": ";
}

// "EV_EFI_BOOT_SERVICES_APPLICATION \EFI\debian\shimx64.efi"
std::string event_of(const Finding& finding) {
  std::string text =
      finding.event_type ? event_type_name(*finding.event_type) : std::string("event");
  if (!finding.subject.empty()) {
    text += " (" + finding.subject + ")";
  }
  return text;
}

std::string quote_message(const Finding& finding) {
  switch (finding.code) {
    case FindingCode::kEvidenceMalformed:
      return "the evidence cannot be read" + about(finding);
    case FindingCode::kEvidenceIdentity:
      return "the evidence names another host or generation than the channel it came on";
    case FindingCode::kQuoteMalformed:
      return "the quote is not a structure that a TPM signs" + about(finding);
    case FindingCode::kQuoteSignature:
      return "the signature is not the attestation key's" + about(finding);
    case FindingCode::kQuoteNonce:
      return "the qualifying data is not that of this challenge, host and channel";
    case FindingCode::kQuoteSelection:
      return "the quote covers other PCRs than asked for" + about(finding);
    case FindingCode::kQuotePcrDigest:
      return "the quoted PCR digest is " + seen(finding) + ", the values sent give " +
             expected(finding);
    case FindingCode::kQuotePcrValues:
      return "no PCR values were sent for what is quoted" + about(finding);
    case FindingCode::kQuoteWeakAlgorithm:
      return "a weak algorithm is in use" + about(finding);
    case FindingCode::kQuoteNonceReused:
      return "other evidence was sent for a nonce that was used already";
    case FindingCode::kQuoteClockBackwards:
      return numbers(finding, "the TPM's clock went back from ", " ms to ") + " ms";
    case FindingCode::kQuoteClockLag:
      return numbers(finding, "the TPM's clock should have advanced by ", " ms, it did by ") +
             " ms";
    case FindingCode::kQuoteClockUnsafe:
      return "the TPM reports that its clock may have been higher before";
    case FindingCode::kFreshnessUnchecked:
      return "no nonce was given: the quote may be an old one";
    case FindingCode::kQuoteAttestationKey:
      return "the key is no attestation key" + about(finding);
    default:
      return {};
  }
}

std::string tpm_message(const Finding& finding) {
  switch (finding.code) {
    case FindingCode::kTpmFirmwareChanged:
      return "the TPM's firmware version changed" + about(finding);
    case FindingCode::kTpmCleared:
      return "the TPM was cleared: its counters began anew";
    case FindingCode::kBootRebooted:
      return numbers(finding, "the host rebooted (resetCount ", " to ") + ")";
    case FindingCode::kBootKexec:
      return "the boot id changed without a TPM reset: a kernel was started without firmware";
    case FindingCode::kBootResetUnreported:
      return numbers(finding, "the TPM was reset (resetCount ", " to ") +
             ") while the host reports the same boot";
    case FindingCode::kBootRestarted:
      return numbers(finding, "the TPM resumed (restartCount ", " to ") + ")";
    case FindingCode::kBootCountersBackwards:
      return numbers(finding, "the TPM's reset counter went from ", " to ");
    default:
      return {};
  }
}

std::string log_message(const Finding& finding) {
  switch (finding.code) {
    case FindingCode::kLogWithheld:
      return "the boot log was asked for and did not come";
    case FindingCode::kLogMalformed:
      return "the boot log breaks here" + about(finding) + "; nothing after it is proven";
    case FindingCode::kLogMismatch:
      return "the boot log gives " + seen(finding) + ", the quote shows " + expected(finding) +
             about(finding);
    case FindingCode::kLogNoEvents:
      return finding.expected ? "the quote shows " + expected(finding) +
                                    " and the boot log has no event that explains it"
                              : "no log explains what is quoted" + about(finding);
    case FindingCode::kLogBankMissing:
      return "the boot log has no digests of the quoted bank" + about(finding);
    case FindingCode::kLogAbsent:
      return "the host has no boot log";
    case FindingCode::kLogPadding:
      return "padding behind the boot log's last event was ignored";
    case FindingCode::kLogSpecIdRepeated:
      return "a second log header in mid-log";
    case FindingCode::kLogNoActionDigest:
      return "an EV_NO_ACTION event carries a digest";
    case FindingCode::kLogNoActionPcr:
      return "an EV_NO_ACTION event names this PCR";
    case FindingCode::kLogLocality:
      return "the startup locality event is malformed, repeated or misplaced";
    case FindingCode::kLogDigestMissing:
      return "the event lacks a digest for a bank that the log announces";
    case FindingCode::kLogAlgorithmUnknown:
      return "the log has a bank of an unknown algorithm" + about(finding);
    case FindingCode::kLogBankUnquoted:
      return "the log has a bank that is not quoted" + about(finding);
    case FindingCode::kLogEventData:
      return event_of(finding) + ": the data is not what was measured, digest " + seen(finding);
    case FindingCode::kLogEventType:
      return event_of(finding) + " is of a type that is unknown or not of this PCR, digest " +
             seen(finding);
    case FindingCode::kLogEventQuirk:
      return std::to_string(finding.seen_number) + " events deviate as known firmware does" +
             about(finding);
    case FindingCode::kLogEventBanks:
      return event_of(finding) + ": one bank's digest is of the data, another's is not";
    case FindingCode::kLogSeparator:
      return "the PCR's separator is not as it must be" + about(finding);
    case FindingCode::kImaMalformed:
      return "the runtime log breaks here" + about(finding);
    case FindingCode::kImaMismatch:
      return "the runtime log gives " + seen(finding) + ", the quote shows " + expected(finding) +
             about(finding);
    default:
      return {};
  }
}

std::string boot_message(const Finding& finding) {
  switch (finding.code) {
    case FindingCode::kBootPcrUnextended:
      return "still at its reset value: the firmware measured nothing into this bank";
    case FindingCode::kBootEventDigestUnknown:
      return event_of(finding) + " has digest " + seen(finding) + ", the baseline expects " +
             expected(finding);
    case FindingCode::kBootEventUnexpected:
      return event_of(finding) + " with digest " + seen(finding) + " is not in the baseline";
    case FindingCode::kBootEventMissing:
      return event_of(finding) + " with digest " + expected(finding) +
             " is in the baseline and not in this boot";
    case FindingCode::kBootEventOrder:
      return event_of(finding) + " was measured in another order than in the baseline";
    case FindingCode::kBootBaselineAbsent:
      return "there is no baseline to compare this boot with" + about(finding);
    case FindingCode::kBootBaselineBank:
      return "the baseline has no digests of the quoted bank" + about(finding);
    case FindingCode::kBootReferenceUnknown:
      return event_of(finding) + " has digest " + seen(finding) +
             (finding.allowed.empty() ? ", which is in no reference set"
                                      : "; policy allows " + finding.allowed);
    case FindingCode::kBootReferenceValue:
      return "PCR " + std::to_string(finding.pcr.value_or(0)) + " has value " + seen(finding) +
             ", which is in no reference set";
    case FindingCode::kBootReferenceAbsent:
      return "the policy names a reference set that is not there" + about(finding);
    default:
      return {};
  }
}

std::string claim_message(const Finding& finding) {
  switch (finding.code) {
    case FindingCode::kSecureBootOff:
      return "Secure Boot is off" + about(finding);
    case FindingCode::kSecureBootUnproven:
      return "Secure Boot is not proven" + about(finding);
    case FindingCode::kSecureBootAuthority:
      return "an authority that the policy does not name let code run: " + seen(finding) +
             about(finding);
    case FindingCode::kSecureBootKey:
      return "a key that the policy does not name may sign: " + seen(finding) + about(finding);
    case FindingCode::kDbxMissing:
      return "dbx lacks " + std::to_string(finding.seen_number) + " of " +
             std::to_string(finding.expected_number) + " revocations, first " + expected(finding);
    case FindingCode::kDbxUnproven:
      return "the contents of dbx are not proven" + about(finding);
    case FindingCode::kSbatBelow:
      return "shim enforces generation " + std::to_string(finding.seen_number) + " of " +
             finding.subject + ", the policy asks for " + std::to_string(finding.expected_number);
    case FindingCode::kSbatUnproven:
      return "the SBAT level is not proven" + about(finding);
    case FindingCode::kCommandLineParameter:
      return "the kernel got the parameter " + finding.subject + ", which the policy forbids";
    case FindingCode::kCommandLineUnproven:
      return "the kernel's command line is not proven" + about(finding);
    case FindingCode::kPlatformAlarm:
      return "the platform is weakened" + about(finding);
    case FindingCode::kPlatformOptionRom:
      return "a device's driver ran, digest " + seen(finding) + about(finding);
    default:
      return {};
  }
}

std::string other_message(const Finding& finding) {
  switch (finding.code) {
    case FindingCode::kIdentityChanged:
      return "the host's TPM enrolled with a new key" + about(finding);
    case FindingCode::kIdentityImported:
      return "the identity was imported: no TPM proved it";
    case FindingCode::kIdentityRetired:
      return "an operator retired the host";
    case FindingCode::kIdentityEkUncertified:
      return "no certificate of a trusted vendor vouches for the TPM's endorsement key";
    case FindingCode::kIdentityAkKey:
      return "the policy does not allow attestation keys of this type" + about(finding);
    case FindingCode::kPolicyNone:
      return "no policy applies to this host";
    case FindingCode::kPolicyNoRule:
      return "no rule of the policy was exercised by this evidence";
    case FindingCode::kPolicyPcrsUnquoted:
      return "the quote covers less than the policy asks for" + about(finding);
    case FindingCode::kLatchHeld:
      return "found at attestation " + std::to_string(finding.expected_number) +
             " and not acknowledged: " + finding.subject;
    case FindingCode::kRolloutOld:
      return "this boot is of the old set of rollout " + finding.subject;
    case FindingCode::kRolloutNew:
      return "this boot is of the new set of rollout " + finding.subject;
    case FindingCode::kRolloutMixed:
      return "this boot is partly of the old and partly of the new set of rollout " +
             finding.subject;
    case FindingCode::kRolloutOther:
      return "this boot is of neither set of rollout " + finding.subject;
    case FindingCode::kRolloutLate:
      return "this boot is not of the new set after the deadline of rollout " + finding.subject;
    case FindingCode::kStaleNoContact:
      return "no fresh evidence for " + std::to_string(finding.seen_number) +
             " s, the policy allows " + std::to_string(finding.expected_number) + " s";
    default:
      return {};
  }
}

}  // namespace

std::string message_of(const Finding& finding) {
  for (const auto& sentence :
       {quote_message, tpm_message, log_message, boot_message, claim_message,
        sentences::esxi_log_message, sentences::esxi_message, sentences::esxi_setting_message,
        sentences::ima_list_message, sentences::ima_file_message, other_message}) {
    std::string text = sentence(finding);
    if (!text.empty()) {
      return place_of(finding) + text;
    }
  }
  return place_of(finding) + std::string(name_of(finding.code)) + about(finding);
}

}  // namespace quotemill
