#include "engine/verdict/finding.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <vector>

#include "engine/base/text.h"

namespace quotemill {
namespace {

// The published catalogue: the code's name and what an operator can do.
struct Entry {
  FindingCode code;
  std::string_view name;
  std::string_view remedy;
};

constexpr std::array kCatalogue = {
    Entry{FindingCode::kEvidenceMalformed, "evidence.malformed",
          "Check that the host runs a released agent; a modified one may be probing."},
    Entry{FindingCode::kEvidenceIdentity, "evidence.identity",
          "The host claims to be another one: isolate it and look at its agent."},
    Entry{FindingCode::kQuoteMalformed, "quote.malformed",
          "The quote is no structure that a TPM makes: treat the host as compromised."},
    Entry{FindingCode::kQuoteSignature, "quote.signature",
          "The quote was not signed by the enrolled key: re-enrol the host after inspection."},
    Entry{FindingCode::kQuoteNonce, "quote.nonce",
          "The quote answers another challenge, host or channel: a replay or a relay."},
    Entry{FindingCode::kQuoteSelection, "quote.selection",
          "The TPM may lack the bank that the policy asks for: check 'tpm2_getcap pcrs'."},
    Entry{FindingCode::kQuotePcrDigest, "quote.pcr_digest",
          "The PCR values sent are not those that were quoted."},
    Entry{FindingCode::kQuotePcrValues, "quote.pcr_values",
          "The evidence lacks the values of quoted PCRs."},
    Entry{FindingCode::kQuoteWeakAlgorithm, "quote.weak_algorithm",
          "Re-enrol the host with an RSA-2048 or ECC P-256 key that signs SHA-256."},
    Entry{FindingCode::kQuoteNonceReused, "quote.nonce_reused",
          "Two different pieces of evidence used one nonce: look at the host's agent."},
    Entry{FindingCode::kQuoteClockBackwards, "quote.clock_backwards",
          "The TPM's clock went back without a reset: another TPM, or a restored virtual one."},
    Entry{FindingCode::kQuoteClockLag, "quote.clock_lag",
          "The quote was made long before it was sent: ask again with 'quotemill reattest'."},
    Entry{FindingCode::kQuoteClockUnsafe, "quote.clock_unsafe",
          "The TPM lost power without an orderly shutdown; it settles by itself."},
    Entry{FindingCode::kFreshnessUnchecked, "freshness.unchecked",
          "Give --nonce to prove that the quote is not an old one."},
    Entry{FindingCode::kQuoteAttestationKey, "quote.attestation_key",
          "Quote with a restricted signing key that was made in the TPM and cannot leave it."},
    Entry{FindingCode::kTpmFirmwareChanged, "tpm.firmware_changed",
          "If the TPM was not updated on purpose, inspect the host."},
    Entry{FindingCode::kTpmCleared, "tpm.cleared",
          "The TPM was cleared: re-enrol the host if that was intended."},
    Entry{FindingCode::kBootRebooted, "boot.rebooted", ""},
    Entry{FindingCode::kBootKexec, "boot.kexec",
          "A kernel was started without firmware: allow it in the policy if kexec is in use."},
    Entry{FindingCode::kBootResetUnreported, "boot.reset_unreported",
          "The TPM was reset while the host claims the same boot: inspect the host."},
    Entry{FindingCode::kBootRestarted, "boot.resumed", ""},
    Entry{FindingCode::kBootCountersBackwards, "boot.counters_backwards",
          "The TPM's counters went back: another TPM, or a restored virtual one."},
    Entry{
        FindingCode::kLogWithheld, "log.withheld",
        "The host did not send the log that explains its PCRs: check that the agent can read it."},
    Entry{FindingCode::kLogMalformed, "log.malformed",
          "What follows the break is unproven: fetch the log and read it with quotemill-verify."},
    Entry{FindingCode::kLogMismatch, "log.mismatch",
          "The log is not the one that the TPM measured: it was changed, or belongs to another "
          "boot."},
    Entry{FindingCode::kLogNoEvents, "log.no_events",
          "Something was measured that the log does not tell."},
    Entry{FindingCode::kLogBankMissing, "log.bank_missing",
          "Choose a bank in the policy that the firmware logs."},
    Entry{FindingCode::kLogAbsent, "log.absent",
          "Check that the kernel offers binary_bios_measurements and that the agent may read it."},
    Entry{FindingCode::kLogPadding, "log.padding", ""},
    Entry{FindingCode::kLogSpecIdRepeated, "log.spec_id_repeated",
          "A second log header stands in mid-log: the log may have been assembled."},
    Entry{FindingCode::kLogNoActionDigest, "log.no_action_digest", ""},
    Entry{FindingCode::kLogNoActionPcr, "log.no_action_pcr", ""},
    Entry{FindingCode::kLogLocality, "log.locality",
          "The startup locality event is not as the specification has it."},
    Entry{FindingCode::kLogDigestMissing, "log.digest_missing",
          "An event has no digest for a bank that the log announces."},
    Entry{FindingCode::kLogAlgorithmUnknown, "log.algorithm_unknown", ""},
    Entry{FindingCode::kLogBankUnquoted, "log.bank_unquoted", ""},
    Entry{FindingCode::kLogEventData, "log.event_data",
          "What the event says was not measured: rely on its digest alone."},
    Entry{FindingCode::kLogEventType, "log.event_type",
          "An event's type is not measured: nothing proves what this event is."},
    Entry{FindingCode::kLogEventQuirk, "log.event_quirk", ""},
    Entry{FindingCode::kLogEventBanks, "log.event_banks",
          "The firmware did not measure the same into every bank: trust the quoted one alone."},
    Entry{FindingCode::kLogSeparator, "log.separator",
          "Nothing proves where the firmware's part of this PCR ends."},
    Entry{FindingCode::kBootPcrUnextended, "boot.pcr.unextended",
          "The firmware did not measure into this bank: anything could have been put there."},
    Entry{FindingCode::kBootEventDigestUnknown, "boot.event.digest_unknown",
          "If the change was intended, capture a new baseline; if not, isolate the host."},
    Entry{FindingCode::kBootEventUnexpected, "boot.event.unexpected",
          "If the change was intended, capture a new baseline; if not, isolate the host."},
    Entry{FindingCode::kBootEventMissing, "boot.event.missing",
          "If the change was intended, capture a new baseline; if not, isolate the host."},
    Entry{FindingCode::kBootEventOrder, "boot.event.order",
          "The same things were measured in another order."},
    Entry{FindingCode::kBootBaselineAbsent, "boot.baseline_absent",
          "Capture one from a known good host: quotemill baseline capture HOST --name NAME."},
    Entry{FindingCode::kBootBaselineBank, "boot.baseline_bank",
          "Capture the baseline from a host whose log has the quoted bank."},
    Entry{FindingCode::kSecureBootOff, "boot.secure_boot.off",
          "Turn Secure Boot on in the firmware's setup."},
    Entry{FindingCode::kSecureBootUnproven, "boot.secure_boot.unproven",
          "The log does not bear what it says of Secure Boot: read it with 'quotemill-verify "
          "eventlog'."},
    Entry{FindingCode::kSecureBootAuthority, "boot.secure_boot.authority",
          "If this signer may start code, add its digest to 'secure_boot.authorities'."},
    Entry{FindingCode::kSecureBootKey, "boot.secure_boot.key",
          "If this key may be there, add its digest to 'secure_boot.keys'."},
    Entry{FindingCode::kDbxMissing, "boot.dbx.missing",
          "Install the vendor's dbx update (fwupdmgr update)."},
    Entry{FindingCode::kDbxUnproven, "boot.dbx.unproven",
          "The log does not prove what dbx holds: read it with 'quotemill-verify eventlog'."},
    Entry{FindingCode::kSbatBelow, "boot.sbat.below",
          "Update shim, or raise its SBAT policy (mokutil --set-sbat-policy latest)."},
    Entry{FindingCode::kSbatUnproven, "boot.sbat.unproven",
          "Boot through a shim that measures its SBAT level."},
    Entry{FindingCode::kCommandLineParameter, "boot.cmdline.parameter",
          "If the parameter is intended, allow it in 'cmdline.allow'; if not, find who set it."},
    Entry{FindingCode::kCommandLineUnproven, "boot.cmdline.unproven",
          "Quote the boot loader's PCRs (8 for GRUB, 12 for systemd-stub) and read the log."},
    Entry{FindingCode::kPlatformAlarm, "boot.platform.alarm",
          "Turn it off in the firmware's or boot loader's setup."},
    Entry{FindingCode::kPlatformOptionRom, "boot.platform.option_rom",
          "Capture a baseline of PCR 2 if the device's driver is to be trusted."},
    Entry{
        FindingCode::kBootReferenceUnknown, "boot.reference.unknown",
        "If it is known good, import its digest: quotemill baseline import FILE --as NAME; if not, "
        "isolate the host."},
    Entry{FindingCode::kBootReferenceValue, "boot.reference.value",
          "If the firmware is known good, import the PCR's value: quotemill baseline import."},
    Entry{FindingCode::kBootReferenceAbsent, "boot.reference.absent",
          "Import it, or take its name out of the policy: quotemill baseline list."},
    Entry{FindingCode::kIdentityChanged, "identity.changed",
          "The same TPM enrolled with a new key; it is judged anew."},
    Entry{FindingCode::kIdentityImported, "identity.imported",
          "No TPM proved this identity: enrol the host, or allow imported ones in the policy."},
    Entry{FindingCode::kIdentityRetired, "identity.retired",
          "If it shall attest again, 'quotemill restore' brings it back."},
    Entry{FindingCode::kIdentityEkUncertified, "identity.ek_uncertified",
          "Enrol the host with its TPM's EK certificate, or allow listed EKs in the policy."},
    Entry{FindingCode::kIdentityAkKey, "identity.ak_key",
          "Enrol the host with an attestation key that the policy allows."},
    Entry{FindingCode::kPolicyNone, "policy.none", "Write a policy that matches this host."},
    Entry{FindingCode::kPolicyNoRule, "policy.no_rule",
          "The policy asks for nothing that this evidence could show: add a rule."},
    Entry{FindingCode::kPolicyPcrsUnquoted, "policy.pcrs_unquoted",
          "The next attestation is asked for all of them: 'quotemill reattest' asks now."},
    Entry{FindingCode::kLatchHeld, "latch.held",
          "Look into what was found, then 'quotemill acknowledge HOST' lets go of it."},
    Entry{FindingCode::kRolloutOld, "rollout.old", ""},
    Entry{FindingCode::kRolloutNew, "rollout.new", ""},
    Entry{FindingCode::kRolloutMixed, "rollout.mixed",
          "An update that was installed in part: finish it, and reboot."},
    Entry{FindingCode::kRolloutOther, "rollout.other",
          "This boot is neither the old nor the new image: the other findings say what it is."},
    Entry{FindingCode::kRolloutLate, "rollout.late",
          "Update the host, or give the rollout more time: quotemill rollout extend."},
    Entry{FindingCode::kStaleNoContact, "stale.no_contact",
          "Check the host, its agent and the network between."},
    Entry{
        FindingCode::kEsxiLogGrammar, "esxi.log.grammar",
        "Believe nothing of this log: events were relabelled, dropped or added. Inspect the host."},
    Entry{FindingCode::kEsxiLogMalformed, "esxi.log.malformed",
          "ESXi does not write such an event: look at what sends the log, then at the host."},
    Entry{FindingCode::kEsxiLogData, "esxi.log.data",
          "The log was changed after it was measured: inspect the host."},
    Entry{FindingCode::kEsxiLogTagUnknown, "esxi.log.tag_unknown",
          "A release of ESXi may have brought it; until it is known, the host is not to be trusted "
          "for what it hides."},
    Entry{FindingCode::kEsxiLogBank, "esxi.log.bank",
          "Activate the SHA-256 PCR bank in the host's firmware, and boot it again."},
    Entry{FindingCode::kEsxiLogTooLong, "esxi.log.too_long",
          "The host keeps the first thousand events of a boot: the rest cannot be judged. Reboot."},
    Entry{FindingCode::kEsxiLogUnreliable, "esxi.log.unreliable",
          "Reboot the host; if it stays, VIBs lack data of their packages, or events did not fit."},
    Entry{FindingCode::kEsxiLogSecret, "esxi.log.secret",
          "Make a new recovery key: 'esxcli system settings encryption recovery rotate'."},
    Entry{FindingCode::kEsxiLogSecureBoot, "esxi.log.secure_boot",
          "One of the two lies: inspect the host."},
    Entry{FindingCode::kImaMalformed, "ima.malformed",
          "The runtime log cannot be read to its end."},
    Entry{FindingCode::kImaMismatch, "ima.mismatch",
          "The runtime log is not the one that the TPM measured."},
    Entry{FindingCode::kImaEntryMalformed, "ima.entry_malformed",
          "No kernel lists such an entry: read the list with 'quotemill-verify ima'."},
    Entry{FindingCode::kImaTemplateUnknown, "ima.template_unknown",
          "What such entries measured is not judged: use a template that the kernel has built in."},
    Entry{FindingCode::kImaTemplateHash, "ima.template_hash",
          "The entry was changed after it was measured: its path and digest prove nothing."},
    Entry{FindingCode::kImaViolation, "ima.violation",
          "What ran or was read may not be what was measured: look at who writes to the file."},
    Entry{FindingCode::kImaBootAggregate, "ima.boot_aggregate",
          "The list belongs to another boot, or the boot PCRs are not those of this list."},
    Entry{FindingCode::kImaBootAggregateAbsent, "ima.boot_aggregate_absent",
          "Nothing ties the list to the boot: check that it is sent from its beginning."},
    Entry{FindingCode::kImaBehind, "ima.behind",
          "Entries that the host listed itself stay unproven: inspect the host."},
    Entry{FindingCode::kImaFileUnknown, "ima.file.unknown",
          "Add the file to a reference set, sign it, or exclude its path."},
    Entry{
        FindingCode::kImaFileDigest, "ima.file.digest_unknown",
        "If the file was updated, add its digest to the reference set; if not, isolate the host."},
    Entry{FindingCode::kImaSignature, "ima.signature.invalid",
          "The file was changed after it was signed, or its signature is a forgery."},
    Entry{FindingCode::kImaSignatureKey, "ima.signature.key_unknown",
          "Add the signer's certificate to the keyring if it is to be trusted."},
    Entry{FindingCode::kImaSignatureUnsupported, "ima.signature.unsupported",
          "Sign with a version 2 or 3 signature over SHA-256, SHA-384 or SHA-512."},
    Entry{FindingCode::kImaBufferDigest, "ima.buffer.digest",
          "No kernel lists such an entry: read the list with 'quotemill-verify ima'."},
    Entry{FindingCode::kImaKeyUnknown, "ima.key.unknown",
          "Add the certificate to the keyring if the host may trust it; if not, inspect the host."},
    Entry{FindingCode::kImaAbsent, "ima.absent",
          "Boot the kernel with an IMA policy (ima_policy=tcb), or do not quote PCR 10."},
    Entry{FindingCode::kImaReferencesAbsent, "ima.references_absent",
          "Name reference sets in 'ima.references', or keys in 'ima.keys'."},
    Entry{FindingCode::kEsxiImage, "esxi.image", ""},
    Entry{FindingCode::kEsxiImageUnknown, "esxi.image.unknown",
          "Import what the host was installed from with 'quotemill images import', or inspect it."},
    Entry{FindingCode::kEsxiImageNotApproved, "esxi.image.not_approved",
          "If hosts may boot that image, approve it with 'quotemill images approve'."},
    Entry{FindingCode::kEsxiImageMixed, "esxi.image.mixed",
          "A patch went in by halves, or modules were put back: install the image again."},
    Entry{FindingCode::kEsxiImagesAbsent, "esxi.images_absent",
          "Import and approve images with 'quotemill images import' and 'quotemill images "
          "approve'."},
    Entry{FindingCode::kEsxiModuleUnknown, "esxi.module.unknown",
          "If the module is of a VIB that may be there, import and approve that; if not, inspect "
          "the host."},
    Entry{FindingCode::kEsxiModuleChanged, "esxi.module.changed",
          "The module is not what its vendor ships: inspect the host, and install the VIB again."},
    Entry{FindingCode::kEsxiModuleMissing, "esxi.module.missing",
          "The host boots less than its image: look at its boot.cfg, or approve what it has."},
    Entry{FindingCode::kEsxiModuleExtra, "esxi.module.extra",
          "Approve the VIB with 'quotemill images approve', or remove it from the host."},
    Entry{FindingCode::kEsxiModuleRenamed, "esxi.module.renamed",
          "The log tells another name than the image; its content is known."},
    Entry{FindingCode::kEsxiOptions, "esxi.options",
          "Look at the options in that file; nothing but their digest is known here."},
    Entry{FindingCode::kEsxiDatabase, "esxi.database",
          "Import the host's own imgdb.tgz with 'quotemill images import' after looking at it."},
    Entry{FindingCode::kEsxiVersionConflict, "esxi.version.conflict",
          "The host tells another version than its modules are of: inspect it."},
    Entry{FindingCode::kEsxiVersionNotApproved, "esxi.version.not_approved",
          "Bring the host to a version that the policy allows."},
    Entry{FindingCode::kEsxiVersionUnknown, "esxi.version.unknown",
          "None of the modules is of a known esx-base: import the image that the host boots."},
    Entry{FindingCode::kEsxiVibDenied, "esxi.vib.denied",
          "Remove or update the VIB: the policy denies it."},
    Entry{FindingCode::kEsxiVibAcceptance, "esxi.vib.acceptance",
          "Replace the VIB by one that its vendor or VMware vouches for."},
    Entry{FindingCode::kEsxiExecInstalledOnly, "esxi.exec_installed_only",
          "Set VMkernel.Boot.execInstalledOnly, or programs that no VIB brought may run."},
    Entry{FindingCode::kEsxiSecureBoot, "esxi.secure_boot",
          "Enable UEFI Secure Boot in the host's firmware."},
    Entry{FindingCode::kEsxiSignerTest, "esxi.signer.test_key",
          "The private half of that key is public: anybody can have signed the modules."},
    Entry{FindingCode::kEsxiSignerUnknown, "esxi.signer.unknown",
          "If modules may be signed by it, add the certificate's digest to 'esxi.signers'."},
    Entry{FindingCode::kEsxiCommandLine, "esxi.cmdline",
          "Look at kernelopt in the host's boot.cfg, and who changed it."},
    Entry{FindingCode::kEsxiAssetTag, "esxi.asset_tag",
          "The host's TPM holds another asset tag than those that the policy allows."},
    Entry{FindingCode::kEsxiLoader, "esxi.loader.unknown",
          "If the image brings it, add its digest to 'esxi.loaders'; if not, another system may "
          "have written ESXi's PCRs: isolate the host."},
    Entry{FindingCode::kEsxiLoaderUnpinned, "esxi.loader.unpinned",
          "List the loaders of a good host ('quotemill host') in 'esxi.loaders', or compare PCR 4 "
          "with its baseline."},
    Entry{FindingCode::kEsxiAuthority, "esxi.authority",
          "If this signer may start ESXi, add its digest to 'esxi.authorities'."},
};

const Entry* entry_of(FindingCode code) {
  const auto* found = std::find_if(kCatalogue.begin(), kCatalogue.end(),
                                   [code](const Entry& entry) { return entry.code == code; });
  return found == kCatalogue.end() ? nullptr : found;
}

}  // namespace

std::string_view name_of(Severity severity) {
  switch (severity) {
    case Severity::kInfo:
      return "info";
    case Severity::kWarning:
      return "warning";
    case Severity::kFail:
      return "fail";
  }
  return "fail";
}

std::string_view name_of(FindingCode code) {
  const Entry* entry = entry_of(code);
  return entry == nullptr ? std::string_view("unknown") : entry->name;
}

std::optional<FindingCode> finding_code(std::uint16_t number) {
  const auto code = static_cast<FindingCode>(number);
  return entry_of(code) == nullptr ? std::nullopt : std::optional(code);
}

std::optional<FindingCode> finding_code_named(std::string_view name) {
  const auto* found = std::find_if(kCatalogue.begin(), kCatalogue.end(),
                                   [name](const Entry& entry) { return entry.name == name; });
  return found == kCatalogue.end() ? std::nullopt : std::optional(found->code);
}

std::string_view nearest_finding_name(std::string_view name) {
  std::vector<std::string> names;
  for (const Entry& entry : kCatalogue) {
    names.emplace_back(entry.name);
  }
  const std::string near(nearest(name, names));
  const std::optional<FindingCode> code = finding_code_named(near);
  return code ? name_of(*code) : std::string_view();
}

void append(Findings&& more, Findings& findings) {
  findings.insert(findings.end(), std::make_move_iterator(more.begin()),
                  std::make_move_iterator(more.end()));
}

std::string_view remedy_of(FindingCode code) {
  const Entry* entry = entry_of(code);
  return entry == nullptr ? std::string_view() : entry->remedy;
}

Severity worst_of(const Findings& findings) {
  Severity worst = Severity::kInfo;
  for (const Finding& finding : findings) {
    worst = std::max(worst, finding.severity);
  }
  return worst;
}

}  // namespace quotemill
