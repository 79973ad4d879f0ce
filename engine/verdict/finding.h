// Findings: what appraisal has to say of a piece of evidence, as data.
//
// A finding is a code, a severity and small parameters; the sentence and the remedy that an
// operator reads come from one table (finding.cc). Codes are API: SIEM rules are written against
// them; they are published, never renamed and never reused.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/digest.h"

namespace quotemill {

enum class Severity : std::uint8_t { kInfo = 0, kWarning = 1, kFail = 2 };

std::string_view name_of(Severity severity);  // "info", "warning", "fail"

// The number is stored and never changes; new codes are added at the end of their group.
enum class FindingCode : std::uint16_t {
  // The message
  kEvidenceMalformed = 100,  // evidence.malformed
  kEvidenceIdentity = 101,   // evidence.identity: another host's uid or generation in the header
  // The quote
  kQuoteMalformed = 200,       // quote.malformed
  kQuoteSignature = 201,       // quote.signature
  kQuoteNonce = 202,           // quote.nonce: qualifying data is not this challenge's
  kQuoteSelection = 203,       // quote.selection: other PCRs or banks than asked
  kQuotePcrDigest = 204,       // quote.pcr_digest: the values sent are not those quoted
  kQuotePcrValues = 205,       // quote.pcr_values: no values for what is quoted
  kQuoteWeakAlgorithm = 206,   // quote.weak_algorithm
  kQuoteNonceReused = 207,     // quote.nonce_reused: other evidence for a sequence already used
  kQuoteClockBackwards = 208,  // quote.clock_backwards
  kQuoteClockLag = 209,        // quote.clock_lag: quoted long before it was sent
  kQuoteClockUnsafe = 210,     // quote.clock_unsafe
  kFreshnessUnchecked = 211,   // freshness.unchecked: no nonce to compare with (offline)
  kQuoteAttestationKey = 212,  // quote.attestation_key: a key that could sign anything (offline)
  // The TPM's life
  kTpmFirmwareChanged = 300,     // tpm.firmware_changed
  kTpmCleared = 301,             // tpm.cleared: counters start anew under the same EK
  kBootRebooted = 310,           // boot.rebooted: reported, with its reset (info)
  kBootKexec = 311,              // boot.kexec: new boot id without a TPM reset
  kBootResetUnreported = 312,    // boot.reset_unreported: TPM reset, same boot id
  kBootRestarted = 313,          // boot.resumed: restartCount grew (suspend), info
  kBootCountersBackwards = 314,  // boot.counters_backwards
  // The logs
  kLogWithheld = 400,   // log.withheld
  kLogMalformed = 401,  // log.malformed: breaks at event n
  kLogMismatch = 402,   // log.mismatch: PCR n, replayed value is not the quoted one
  kLogNoEvents = 403,   // log.no_events: PCR n is quoted, not in its reset state, and has no event
  kLogBankMissing = 404,       // log.bank_missing: the log has no digests of the quoted bank
  kLogAbsent = 405,            // log.absent: the host has no boot log
  kLogPadding = 410,           // log.padding (info)
  kLogSpecIdRepeated = 411,    // log.spec_id_repeated
  kLogNoActionDigest = 412,    // log.no_action_digest
  kLogNoActionPcr = 413,       // log.no_action_pcr
  kLogLocality = 414,          // log.locality
  kLogDigestMissing = 415,     // log.digest_missing
  kLogAlgorithmUnknown = 416,  // log.algorithm_unknown (info)
  kLogBankUnquoted = 417,      // log.bank_unquoted (info)
  kLogEventData = 420,         // log.event_data: an event's data is not what was measured
  kLogEventType = 421,         // log.event_type: a type that is unknown, or not of this PCR
  kLogEventQuirk = 422,        // log.event_quirk: a known deviation of firmware was excused (info)
  kLogEventBanks = 423,        // log.event_banks: the banks tell different things about an event
  kLogSeparator = 424,         // log.separator: none, several, an error, or relabelled
  // The boot
  kBootPcrUnextended = 500,       // boot.pcr.unextended: PCR 0-7 still at its reset value
  kBootEventDigestUnknown = 501,  // boot.event.digest_unknown
  kBootEventUnexpected = 502,     // boot.event.unexpected: an event that the baseline does not have
  kBootEventMissing = 503,        // boot.event.missing: an event of the baseline that is not there
  kBootEventOrder = 504,          // boot.event.order: the same events in another order
  kBootBaselineAbsent = 510,      // boot.baseline_absent: nothing to compare this boot with
  kBootBaselineBank = 511,     // boot.baseline_bank: the baseline has no digests of the quoted bank
  kSecureBootOff = 520,        // boot.secure_boot.off
  kSecureBootUnproven = 521,   // boot.secure_boot.unproven
  kSecureBootAuthority = 522,  // boot.secure_boot.authority: who let code run
  kSecureBootKey = 523,        // boot.secure_boot.key: a key in PK, KEK or db
  kDbxMissing = 530,           // boot.dbx.missing: revocations that dbx lacks
  kDbxUnproven = 531,          // boot.dbx.unproven
  kSbatBelow = 532,            // boot.sbat.below
  kSbatUnproven = 533,         // boot.sbat.unproven
  kCommandLineParameter = 540,  // boot.cmdline.parameter
  kCommandLineUnproven = 541,   // boot.cmdline.unproven
  kPlatformAlarm = 550,         // boot.platform.alarm
  kPlatformOptionRom = 551,     // boot.platform.option_rom
  kBootReferenceUnknown = 560,  // boot.reference.unknown: loaded, and in no reference set
  kBootReferenceValue = 561,    // boot.reference.value: a PCR's value that is in no reference set
  kBootReferenceAbsent = 562,   // boot.reference.absent: the policy names a set that is not there
  // Identity and policy
  kIdentityChanged = 600,        // identity.changed: re-enrolled with a new AK or channel key
  kIdentityImported = 601,       // identity.imported: never proven by a TPM
  kIdentityRetired = 602,        // identity.retired: an operator ended the host's life
  kIdentityEkUncertified = 603,  // identity.ek_uncertified: no certificate vouches for the EK
  kIdentityAkKey = 604,       // identity.ak_key: of a type or size that the policy does not allow
  kPolicyNone = 610,          // policy.none: no policy applies
  kPolicyNoRule = 611,        // policy.no_rule: nothing in the policy was exercised
  kPolicyPcrsUnquoted = 612,  // policy.pcrs_unquoted: asked before the policy asked for more
  kLatchHeld = 620,           // latch.held: found before, and not acknowledged yet
  // A rollout; each verdict made under one has one of the first four (info), and names it
  kRolloutOld = 630,    // rollout.old: the old set explains this boot, the new one does not
  kRolloutNew = 631,    // rollout.new: the new set explains this boot
  kRolloutMixed = 632,  // rollout.mixed: only both together do
  kRolloutOther = 633,  // rollout.other: not even both together do
  kRolloutLate = 634,   // rollout.late: not on the new set after the deadline
  // Time
  kStaleNoContact = 700,  // stale.no_contact
  // The boot log of an ESXi host
  kEsxiLogGrammar = 930,     // esxi.log.grammar: an order in which ESXi does not measure
  kEsxiLogMalformed = 931,   // esxi.log.malformed: a tagged event that breaks
  kEsxiLogData = 932,        // esxi.log.data: its data is not what was measured
  kEsxiLogTagUnknown = 933,  // esxi.log.tag_unknown: in its PCRs, and nobody has explained it
  kEsxiLogBank = 934,        // esxi.log.bank: nothing better than SHA-1
  kEsxiLogTooLong = 935,     // esxi.log.too_long: more events than the kernel keeps
  kEsxiLogUnreliable = 936,  // esxi.log.unreliable: the host itself says so (reports)
  kEsxiLogSecret = 937,      // esxi.log.secret: a recovery key on the command line
  kEsxiLogSecureBoot = 938,  // esxi.log.secure_boot: kernel and firmware tell different things
  // The runtime log
  kImaMalformed = 800,             // ima.malformed
  kImaMismatch = 801,              // ima.mismatch
  kImaEntryMalformed = 802,        // ima.entry_malformed: its fields are not its template's
  kImaTemplateUnknown = 803,       // ima.template_unknown: replayed, and cannot be judged
  kImaTemplateHash = 804,          // ima.template_hash: the data does not hash to what is listed
  kImaViolation = 805,             // ima.violation: a file open for writing while it was measured
  kImaBootAggregate = 806,         // ima.boot_aggregate: the list is another boot's
  kImaBootAggregateAbsent = 807,   // ima.boot_aggregate_absent
  kImaBehind = 808,                // ima.behind: fewer entries are quoted than were listed before
  kImaFileUnknown = 810,           // ima.file.unknown: neither in a reference set nor signed
  kImaFileDigest = 811,            // ima.file.digest_unknown: in a reference set with others
  kImaSignature = 820,             // ima.signature.invalid
  kImaSignatureKey = 821,          // ima.signature.key_unknown
  kImaSignatureUnsupported = 822,  // ima.signature.unsupported
  kImaBufferDigest = 830,          // ima.buffer.digest: a buffer that is not what its digest says
  kImaKeyUnknown = 831,            // ima.key.unknown: a key loaded that is not in the keyring
  kImaAbsent = 840,                // ima.absent: PCR 10 is quoted, and nothing was measured into it
  kImaReferencesAbsent = 841,      // ima.references_absent: nothing to hold the list against
  // What an ESXi host booted
  kEsxiImage = 950,               // esxi.image: which one (info)
  kEsxiImageUnknown = 951,        // esxi.image.unknown: no module is of a known image
  kEsxiImageNotApproved = 952,    // esxi.image.not_approved
  kEsxiImageMixed = 953,          // esxi.image.mixed: modules of two builds
  kEsxiImagesAbsent = 954,        // esxi.images_absent: nothing to hold the modules against
  kEsxiModuleUnknown = 955,       // esxi.module.unknown
  kEsxiModuleChanged = 956,       // esxi.module.changed: not what the image has under that name
  kEsxiModuleMissing = 957,       // esxi.module.missing
  kEsxiModuleExtra = 958,         // esxi.module.extra: of a VIB that nobody approved
  kEsxiModuleRenamed = 959,       // esxi.module.renamed
  kEsxiOptions = 960,             // esxi.options: an options file that somebody changed
  kEsxiDatabase = 961,            // esxi.database: an image database that was not imported
  kEsxiVersionConflict = 962,     // esxi.version.conflict: its sources tell different ones
  kEsxiVersionNotApproved = 963,  // esxi.version.not_approved
  kEsxiVersionUnknown = 964,      // esxi.version.unknown
  kEsxiVibDenied = 965,           // esxi.vib.denied
  kEsxiVibAcceptance = 966,       // esxi.vib.acceptance
  kEsxiExecInstalledOnly = 967,   // esxi.exec_installed_only: off, or nobody says
  kEsxiSecureBoot = 968,          // esxi.secure_boot: off, or not proven
  kEsxiSignerTest = 969,          // esxi.signer.test_key
  kEsxiSignerUnknown = 970,       // esxi.signer.unknown
  kEsxiCommandLine = 971,         // esxi.cmdline
  kEsxiAssetTag = 972,            // esxi.asset_tag
  kEsxiLoader = 973,              // esxi.loader.unknown: what started ESXi
  kEsxiLoaderUnpinned = 974,      // esxi.loader.unpinned: no rule says what may start ESXi
  kEsxiAuthority = 975,           // esxi.authority: who let the boot loader run
};

// "boot.event.digest_unknown".
std::string_view name_of(FindingCode code);

// The code of a stored number or of a name; nullopt if there is none.
std::optional<FindingCode> finding_code(std::uint16_t number);
std::optional<FindingCode> finding_code_named(std::string_view name);
// "boot.event.digest_unknown" for "boot.event.digest_unkown"; empty if none is near.
std::string_view nearest_finding_name(std::string_view name);

struct Finding {
  FindingCode code = FindingCode::kEvidenceMalformed;
  Severity severity = Severity::kFail;
  std::optional<std::uint32_t> pcr = {};
  std::optional<std::uint32_t> event = {};  // number in the log, from 0
  std::optional<std::uint32_t> event_type = {};
  std::optional<Digest> digest = {};    // seen
  std::optional<Digest> expected = {};  // nearest allowed
  // What it is about, in words: the event's own description, a baseline's name, a parser's context.
  // Host-supplied parts are escaped by whoever makes the finding.
  std::string subject = {};
  std::string allowed = {};  // what is allowed instead, in words and escaped; empty if not known
  // Plain numbers, their meaning fixed by the code (seen, expected; old, new counter values).
  std::uint64_t seen_number = 0;
  std::uint64_t expected_number = 0;

  friend bool operator==(const Finding&, const Finding&) = default;
};

using Findings = std::vector<Finding>;

// Moves them behind those that are there.
void append(Findings&& more, Findings& findings);

// The sentence an operator reads: "PCR 4, event 31: EV_EFI_BOOT_SERVICES_APPLICATION … has digest
// sha256:…, baseline golden expects sha256:…". One line, printable ASCII, at most about 500
// characters.
std::string message_of(const Finding& finding);

// What to do about it; empty where there is nothing to add.
std::string_view remedy_of(FindingCode code);

// The severest of them; kInfo if there are none.
Severity worst_of(const Findings& findings);

}  // namespace quotemill
