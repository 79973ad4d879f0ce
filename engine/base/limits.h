// The bounds that several rooms share, each with its reason; a room's own stand in its own
// limits.h. Reaching one is a named error or finding, never a crash. Sizes are bytes unless the
// name says otherwise.
#pragma once

#include <cstddef>
#include <cstdint>

namespace quotemill::limits {

// --- Names and facts -------------------------------------------------------------------------
inline constexpr std::size_t kHostNameSizeMax = 64;  // fits a DNS label and every SIEM field
inline constexpr std::size_t kFactSizeMax = 128;     // one host fact: OS, version, kernel
inline constexpr std::size_t kTokenSizeMax = 128;

// --- TPM structures --------------------------------------------------------------------------
inline constexpr std::size_t kAttestSizeMax = 2048;     // TPM2B_ATTEST; a quote is about 150
inline constexpr std::size_t kSignatureSizeMax = 1024;  // TPMT_SIGNATURE; RSA-4096 is 518
inline constexpr std::size_t kPublicSizeMax = 2048;     // TPM2B_PUBLIC; RSA-4096 is about 600
inline constexpr std::size_t kCredentialSizeMax =
    2048;  // TPM2B_ID_OBJECT or TPM2B_ENCRYPTED_SECRET
inline constexpr std::uint32_t kPcrSelectionsMax =
    16;  // banks in a TPML_PCR_SELECTION (the specification's HASH_COUNT is below)
inline constexpr std::uint32_t kPcrCount = 24;  // PCRs of the PC Client platform
inline constexpr std::size_t kQualifyingDataSizeMax = 64;

// --- Certificates ----------------------------------------------------------------------------
inline constexpr std::size_t kCertificateSizeMax = 16 * 1024;  // EK certificates are 1 to 2 kB
inline constexpr std::size_t kTrustedCertificatesMax = 10'000;
inline constexpr std::size_t kCertificateChainMax = 8;

// --- Boot logs -------------------------------------------------------------------------------
inline constexpr std::size_t kBootLogSizeMax =
    16 * 1024 * 1024;  // securityfs logs are 20 to 200 kB
inline constexpr std::uint32_t kLogEventsMax = 65'536;
inline constexpr std::uint32_t kLogAlgorithmsMax = 16;  // digests per event
inline constexpr std::size_t kEventDataSizeMax =
    4 * 1024 * 1024;                             // the largest seen is a dbx of 30 kB
inline constexpr std::size_t kFindingsMax = 64;  // kept per verdict; the rest is counted

// --- Boot images -----------------------------------------------------------------------------
inline constexpr std::size_t kBootImageSizeMax =
    1024 * 1024 * 1024;  // a file that is measured: unified kernels and initrds are up to 200 MB
inline constexpr std::uint16_t kBootImageSectionsMax = 1'024;  // of a PE image; kernels have 4 to 8

// --- Runtime lists ---------------------------------------------------------------------------
inline constexpr std::size_t kRuntimeLogSizeMax =
    512 * 1024 * 1024;  // a million entries are 130 MB, 250 MB as text
inline constexpr std::size_t kRuntimePieceSizeMax =
    192 * 1024 * 1024;  // of a list sent by a host, for one quote
inline constexpr std::size_t kImaEntriesMax =
    4'000'000;  // busy servers list some 100,000, those that run containers a million
inline constexpr std::size_t kImaNameSizeMax = 255;  // template names; those in use have 3 to 10
inline constexpr std::size_t kImaTemplateSizeMax = 1024 * 1024;  // ima-buf carries whole buffers
inline constexpr std::size_t kImaTemplateFieldsMax = 15;         // the kernel's own bound
inline constexpr std::size_t kImaBanksMax = 4;                   // SHA-1 and the SHA-2s
inline constexpr std::size_t kImaProgressSizeMax = 1024;         // what is kept for each host
inline constexpr std::size_t kImaFindingsMax =
    10'000;  // of one list read offline; the rest is counted

// --- Events decoded for people and claims ----------------------------------------------------
inline constexpr std::size_t kVariableNameUnitsMax = 1'024;  // UTF-16 units; real names have 30
inline constexpr std::size_t kDecodedTextMax = 4'096;        // shown of one text; a GRUB command
inline constexpr std::size_t kDevicePathNodesMax = 64;       // real paths have 3 to 8
inline constexpr std::size_t kSignaturesMax = 65'536;        // entries of a db or dbx; dbx has 500
inline constexpr std::size_t kSignaturesShownMax = 2'048;    // with all their fields
inline constexpr std::size_t kBootEntriesMax = 1'024;        // of a BootOrder
inline constexpr std::size_t kPartitionsMax = 256;           // a GPT has 128
inline constexpr std::size_t kHandoffTablesMax = 256;
inline constexpr std::size_t kTaggedEventsMax = 4'096;  // of one EV_EVENT_TAG, nested ones included
inline constexpr std::size_t kTaggedDepthMax = 4;       // Windows nests them once
inline constexpr std::size_t kSbatComponentsMax = 256;
inline constexpr std::size_t kUserspaceLogSizeMax = 16 * 1024 * 1024;
inline constexpr std::size_t kUserspaceRecordsMax = 65'536;
inline constexpr std::size_t kJsonDepthMax = 16;
inline constexpr std::size_t kDbxListSizeMax = 4 * 1024 * 1024;  // a file of levels
inline constexpr std::size_t kLogDiffEditsMax =
    2'048;  // events inserted and removed; two logs further apart are of different machines

// --- Messages --------------------------------------------------------------------------------
inline constexpr std::size_t kLogSegmentSizeMax = 1024 * 1024;
inline constexpr std::size_t kMessageSizeMax = kLogSegmentSizeMax + 64 * 1024;  // one frame
inline constexpr std::uint16_t kItemsPerMessageMax = 64;
inline constexpr std::size_t kEvidenceItemSizeMax =
    16 * 1024;  // header, attest, signature and five banks of SHA-512 are below 12 kB
inline constexpr std::size_t kEnrolMessageSizeMax = 64 * 1024;

// --- The operator's socket ---------------------------------------------------------------------
inline constexpr std::size_t kControlRequestSizeMax =
    512 * 1024;  // reattest names 1,000 hosts; a few policies
inline constexpr std::size_t kControlReplySizeMax =
    64 * 1024 * 1024;                                    // 500 appraisals, all findings
inline constexpr std::size_t kControlRequestsMax = 256;  // waiting for a worker
inline constexpr std::size_t kControlParkedMax = 64;     // waiting for a change

// --- Bulk import of identities -----------------------------------------------------------------
inline constexpr std::size_t kImportHostsMax = 64;  // in one request, one durable write
inline constexpr std::size_t kImportLineSizeMax =
    48 * 1024;  // a certificate of 16 KiB in hexadecimal, and the rest of its host
inline constexpr std::size_t kImportFileSizeMax = 1024 * 1024 * 1024;  // 600,000 hosts and more

// --- Queues ----------------------------------------------------------------------------------
inline constexpr std::size_t kInboxItemsMax = 8'192;
inline constexpr std::size_t kInboxBytesMax = 256 * 1024 * 1024;
inline constexpr std::size_t kBatchItemsMax = 256;
inline constexpr std::size_t kBatchesInFlightMax = 8;
inline constexpr std::size_t kLogTransfersMax = 1'024;  // hosts whose log is on its way, at once
inline constexpr std::size_t kLogTransferBytesMax = 512 * 1024 * 1024;  // of all of them together
inline constexpr std::size_t kPendingHostsMax = 10'000;
inline constexpr std::size_t kEnrolmentsOpenMax = 1'024;
inline constexpr std::size_t kKeyCacheMax = 65'536;  // parsed keys, 1.2 to 3.2 kB each
inline constexpr std::size_t kExtendMemoEntries =
    4'096;  // per worker, 96 bytes each: fits a second-level cache; an image has about 120

// --- Sinks -----------------------------------------------------------------------------------
inline constexpr std::size_t kSinkBatchMax = 256;           // changes delivered at once
inline constexpr std::size_t kSinkCausesMax = 256;          // counted at once, to be told as groups
inline constexpr std::size_t kSinkCauseHostsMax = 100'000;  // told apart of one cause
inline constexpr std::size_t kSinkRequestSizeMax =
    1024 * 1024;  // of one HTTP request or Kafka message; receivers take this much by default
inline constexpr std::size_t kSinkAnswerSizeMax = 1024 * 1024;  // says a line about each event
inline constexpr std::size_t kSinkSecretSizeMax = 4'096;

// --- The metrics endpoint ----------------------------------------------------------------------
inline constexpr std::size_t kHttpHeaderSizeMax = 8 * 1024;
inline constexpr std::size_t kHttpConnectionsMax = 64;

// --- The store -------------------------------------------------------------------------------
inline constexpr std::int64_t kHistoryRunMsMax =
    60 * 60 * 1000;  // one full appraisal an hour, however little happens
inline constexpr std::size_t kJournalEntriesMax = 1'048'576;      // one to two a host; 1 GB
inline constexpr std::int64_t kJournalAgeMsMax = 10 * 60 * 1000;  // of what rows do not say yet
inline constexpr std::size_t kFoldHostsMin = 64;      // in one commit; else twice what it reaffirms
inline constexpr std::size_t kFoldHostsStep = 1'024;  // in one write, when all are folded
inline constexpr std::size_t kJournalDropStep = 1'024;       // entries dropped in one commit
inline constexpr std::size_t kHistoryTrimStep = 256;         // rows of a host dropped at once
inline constexpr std::size_t kStoreProblemsMax = 100;        // that a check tells
inline constexpr std::size_t kShelfLogs = 32;                // images that are told apart at once
inline constexpr std::size_t kShelfLogSizeMax = 256 * 1024;  // beyond, a log is written as a whole

// --- Baselines and policies ------------------------------------------------------------------
inline constexpr std::size_t kBaselineEventsMax = kLogEventsMax;
inline constexpr std::size_t kBaselinesMax = 10'000;
inline constexpr std::size_t kReferenceFileSizeMax =
    64 * 1024 * 1024;  // Keylime's runtime policy of a distribution is 25 MB
inline constexpr std::size_t kReferenceValuesMax = 500'000;  // of one baseline; about 250 B each
inline constexpr std::size_t kReferenceValuesTotalMax = 4'000'000;  // of all that are not retired
inline constexpr std::size_t kReferenceTextSizeMax = 256;           // version, vendor, source
inline constexpr std::size_t kReferenceSetsNamedMax = 64;           // in one policy
inline constexpr std::size_t kReferencesShownMax = 1'000;           // in one answer
inline constexpr std::size_t kBaselineDiffLinesMax = 1'000;
inline constexpr std::size_t kUploadsMax = 4;  // begun and not used yet; the oldest one goes
inline constexpr std::size_t kUploadPartSizeMax = 192 * 1024;  // in hexadecimal within a request
inline constexpr std::size_t kDownloadPartSizeMax = 8 * 1024 * 1024;
inline constexpr std::size_t kPackagesMax = 20'000;  // given at once
inline constexpr std::size_t kPackageEntriesMax = 500'000;
inline constexpr std::uint64_t kPackageUnpackedSizeMax =
    16ULL * 1024 * 1024 * 1024;  // of one package; the largest of Debian 12 has 4 GB
inline constexpr std::size_t kPolicySizeMax = 64 * 1024;
inline constexpr std::size_t kPoliciesMax = 256;     // in force at once
inline constexpr std::size_t kPatternSizeMax = 128;  // of a selector
inline constexpr std::size_t kLabelsMax = 64;        // of a host
inline constexpr std::size_t kLabelValueSizeMax = 128;
// A change of policies or baselines that makes more hosts worse must be confirmed: so many, and
// that part of those judged.
inline constexpr std::size_t kBlastHostsMax = 10;
inline constexpr std::size_t kBlastPercentMax = 1;
inline constexpr std::size_t kImaReferencesMax =
    16'000'000;  // digests of a set; all packages of a distribution's release
inline constexpr std::size_t kImaReferenceFileSizeMax = 1024 * 1024 * 1024;
inline constexpr std::size_t kImaReferenceTextMax = 0xFFFFFFFF;  // paths and names, by 32-bit place
inline constexpr std::size_t kImaPathSizeMax = 4096;             // PATH_MAX of Linux
inline constexpr std::size_t kPathPatternsMax = 1'000;
inline constexpr std::size_t kPathPatternSizeMax = 1'024;
inline constexpr std::int64_t kPathPatternMemoryMax =
    16 * 1024 * 1024;  // of the automaton of all of them
inline constexpr std::size_t kKeyringFilesMax = 10'000;

static_assert(kBatchItemsMax <= kInboxItemsMax);
static_assert(kLogSegmentSizeMax < kMessageSizeMax);
static_assert(kAttestSizeMax + kSignatureSizeMax < kEnrolMessageSizeMax);
static_assert(kBootLogSizeMax <= kLogTransferBytesMax);
static_assert(kImportLineSizeMax < kControlRequestSizeMax);
static_assert(kEventDataSizeMax <= kBootLogSizeMax);
static_assert(2 * kUploadPartSizeMax < kControlRequestSizeMax);
static_assert(2 * kDownloadPartSizeMax < kControlReplySizeMax);
static_assert(kReferenceValuesMax <= kReferenceValuesTotalMax);

}  // namespace quotemill::limits
