// The sentences about ESXi hosts.
#include "engine/verdict/finding_words.h"

namespace quotemill::sentences {
namespace {

// Who makes a finding of a module has the words: they are its subject.
std::string module_message(const Finding& finding, const char* without) {
  return finding.subject.empty() ? std::string(without) : finding.subject;
}

}  // namespace

std::string esxi_log_message(const Finding& finding) {
  switch (finding.code) {
    case FindingCode::kEsxiLogGrammar:
      return "ESXi does not measure in this order (grammar): " + finding.subject;
    case FindingCode::kEsxiLogMalformed:
      return "the event breaks: " + finding.subject;
    case FindingCode::kEsxiLogData:
      return "the data is not what was measured: " + finding.subject +
             (finding.digest && finding.expected ? ": it hashes to " + seen(finding) +
                                                       ", what was measured is " + expected(finding)
                                                 : "");
    case FindingCode::kEsxiLogTagUnknown:
      return "nobody has explained this event: " + finding.subject;
    case FindingCode::kEsxiLogBank:
      return "nothing better than SHA-1 proves the log: " + finding.subject;
    case FindingCode::kEsxiLogTooLong:
      return "the log has more events than anybody has seen: " + finding.subject;
    case FindingCode::kEsxiLogUnreliable:
      return finding.subject.empty() ? "the host says itself that its log is not reliable"
                                     : "whether the log is reliable: " + finding.subject;
    case FindingCode::kEsxiLogSecret:
      return "a secret was typed at the boot loader; it is in the log, and shown nowhere";
    case FindingCode::kEsxiLogSecureBoot:
      return "kernel and firmware disagree on Secure Boot: " + finding.subject;
    default:
      return {};
  }
}

std::string esxi_message(const Finding& finding) {
  switch (finding.code) {
    case FindingCode::kEsxiImage:
      return "the host booted " + (finding.subject.empty() ? "an image" : finding.subject);
    case FindingCode::kEsxiImageUnknown:
      return module_message(finding, "no module is of a known image");
    case FindingCode::kEsxiImageNotApproved:
      return "nobody approved " + (finding.subject.empty() ? "the image" : finding.subject);
    case FindingCode::kEsxiImageMixed:
      return module_message(finding, "modules of several builds are mixed");
    case FindingCode::kEsxiModuleUnknown:
      return module_message(finding, "a module is of no known VIB");
    case FindingCode::kEsxiModuleChanged:
      return module_message(finding, "a module is not what the image has");
    case FindingCode::kEsxiModuleMissing:
      return module_message(finding, "a module of the image was not booted");
    case FindingCode::kEsxiModuleExtra:
      return module_message(finding, "a module is of a VIB that the image lacks");
    case FindingCode::kEsxiModuleRenamed:
      return module_message(finding, "a module is listed under another name");
    case FindingCode::kEsxiOptions:
      return module_message(finding, "an options file was changed");
    case FindingCode::kEsxiDatabase:
      return module_message(finding, "the image database is not known");
    case FindingCode::kEsxiVersionConflict:
      return module_message(finding, "the sources of the version differ");
    default:
      return {};
  }
}

std::string esxi_setting_message(const Finding& finding) {
  switch (finding.code) {
    case FindingCode::kEsxiImagesAbsent:
      return "there is no approved image" + about(finding);
    case FindingCode::kEsxiVersionNotApproved:
      return "the policy does not allow ESXi " + finding.subject;
    case FindingCode::kEsxiVersionUnknown:
      return "the version of ESXi is not known";
    case FindingCode::kEsxiVibDenied:
      return "the policy denies VIB " + finding.subject;
    case FindingCode::kEsxiVibAcceptance:
      return "the acceptance level of VIB " + finding.subject;
    case FindingCode::kEsxiExecInstalledOnly:
      return "execInstalledOnly is " + finding.subject;
    case FindingCode::kEsxiSecureBoot:
      return "Secure Boot is " + finding.subject;
    case FindingCode::kEsxiSignerTest:
      return "modules are signed by test key " + finding.subject + ", certificate " + seen(finding);
    case FindingCode::kEsxiSignerUnknown:
      return finding.digest
                 ? "modules are signed by certificate " + seen(finding) + ", " + finding.subject
                 : "signers of modules: " + finding.subject;
    case FindingCode::kEsxiCommandLine:
      return "the boot loader's command line has " + finding.subject;
    case FindingCode::kEsxiAssetTag:
      return "the asset tag is " + finding.subject;
    case FindingCode::kEsxiLoader:
      return finding.digest
                 ? "what started ESXi has digest " + seen(finding) + ", which " + finding.subject
                 : "what started ESXi: " + finding.subject;
    case FindingCode::kEsxiLoaderUnpinned:
      return "nothing says what may start ESXi: another system can write the same into its PCRs";
    case FindingCode::kEsxiAuthority:
      return finding.digest
                 ? "authority " + seen(finding) + " let code run, which " + finding.subject
                 : "authorities of Secure Boot: " + finding.subject;
    default:
      return {};
  }
}

}  // namespace quotemill::sentences
