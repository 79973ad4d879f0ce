// The sentences about runtime lists.
#include "engine/verdict/finding_words.h"

namespace quotemill::sentences {
namespace {

// The path or the buffer's name.
std::string file_of(const Finding& finding) {
  return finding.subject.empty() ? std::string("the entry") : finding.subject;
}

}  // namespace

std::string ima_list_message(const Finding& finding) {
  switch (finding.code) {
    case FindingCode::kImaEntryMalformed:
      return "the entry's fields are not those of its template" + about(finding);
    case FindingCode::kImaTemplateUnknown:
      return "the entry has a template that is not known" + about(finding);
    case FindingCode::kImaTemplateHash:
      return file_of(finding) + " is listed with template hash " + expected(finding) +
             ", its data hashes to " + seen(finding);
    case FindingCode::kImaViolation:
      return file_of(finding) +
             " was open for writing while it was measured, or written after it was (a violation)";
    case FindingCode::kImaBootAggregate:
      return "boot_aggregate is " + seen(finding) + ", the boot PCRs give " + expected(finding);
    case FindingCode::kImaBootAggregateAbsent:
      return (finding.digest ? "boot_aggregate cannot be checked"
                             : "the list does not begin with the boot_aggregate") +
             about(finding);
    case FindingCode::kImaAbsent:
      return "the kernel measured nothing at run time";
    case FindingCode::kImaReferencesAbsent:
      return finding.subject.empty()
                 ? "the policy has neither reference sets nor keys for the runtime list"
                 : "there is no reference set " + finding.subject + " for the runtime list";
    case FindingCode::kImaBehind:
      return numbers(finding, "the host listed ", " entries before, the quote proves only ");
    default:
      return {};
  }
}

std::string ima_file_message(const Finding& finding) {
  switch (finding.code) {
    case FindingCode::kImaFileUnknown:
      return file_of(finding) + " with digest " + seen(finding) +
             " has neither the reference nor the signature that the policy asks for";
    case FindingCode::kImaFileDigest:
      return file_of(finding) + " has digest " + seen(finding) + ", the references expect " +
             expected(finding);
    case FindingCode::kImaSignature:
      return "the signature of " + file_of(finding) + " does not hold over " + seen(finding);
    case FindingCode::kImaSignatureKey:
      return file_of(finding) + " is signed by a key that is not in the keyring";
    case FindingCode::kImaSignatureUnsupported:
      return "the signature of " + file_of(finding) + " is of a kind that is not checked here";
    case FindingCode::kImaBufferDigest:
      return "the buffer " + file_of(finding) + " hashes to " + seen(finding) +
             ", its entry says " + expected(finding);
    case FindingCode::kImaKeyUnknown:
      return "a key was loaded that is not in the keyring: " + file_of(finding);
    default:
      return {};
  }
}

}  // namespace quotemill::sentences
