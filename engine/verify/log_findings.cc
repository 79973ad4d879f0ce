#include "engine/verify/log_findings.h"

#include "engine/crypto/hash.h"
#include "engine/eventlog/replay.h"

namespace quotemill {
namespace {

FindingCode code_of(LogRemarkCode code) {
  switch (code) {
    case LogRemarkCode::kPaddingDropped:
      return FindingCode::kLogPadding;
    case LogRemarkCode::kSpecIdRepeated:
      return FindingCode::kLogSpecIdRepeated;
    case LogRemarkCode::kNoActionDigestNotZero:
      return FindingCode::kLogNoActionDigest;
    case LogRemarkCode::kNoActionPcrNotZero:
      return FindingCode::kLogNoActionPcr;
    case LogRemarkCode::kLocalityInvalid:
      return FindingCode::kLogLocality;
    case LogRemarkCode::kDigestMissing:
      return FindingCode::kLogDigestMissing;
    case LogRemarkCode::kUnknownDigestAlgorithm:
      return FindingCode::kLogAlgorithmUnknown;
    case LogRemarkCode::kVendorInfoOutside:
      return FindingCode::kLogEventQuirk;
  }
  return FindingCode::kLogMalformed;
}

// Real firmware deviates harmlessly; what could hide something is more than a note.
Severity severity_of(LogRemarkCode code) {
  switch (code) {
    case LogRemarkCode::kPaddingDropped:
    case LogRemarkCode::kUnknownDigestAlgorithm:
    case LogRemarkCode::kNoActionPcrNotZero:
    case LogRemarkCode::kVendorInfoOutside:
      return Severity::kInfo;
    case LogRemarkCode::kNoActionDigestNotZero:
    case LogRemarkCode::kDigestMissing:
    case LogRemarkCode::kLocalityInvalid:
      return Severity::kWarning;
    case LogRemarkCode::kSpecIdRepeated:
      return Severity::kFail;
  }
  return Severity::kFail;
}

// PCR of the event that a remark is about, where the remark is about its PCR.
std::optional<std::uint32_t> pcr_of(const BootLog& log, const LogRemark& remark) {
  const bool about_event = remark.code != LogRemarkCode::kPaddingDropped &&
                           remark.code != LogRemarkCode::kUnknownDigestAlgorithm;
  if (!about_event || remark.event >= log.events.size()) {
    return std::nullopt;
  }
  return log.events[remark.event].pcr;
}

Finding finding_of(const BootLog& log, const LogRemark& remark) {
  Finding finding{.code = code_of(remark.code), .severity = severity_of(remark.code)};
  finding.event = remark.event;
  finding.pcr = pcr_of(log, remark);
  if (remark.code == LogRemarkCode::kVendorInfoOutside) {
    finding.seen_number = 1;
    finding.subject = "the header's vendor information stands behind its event size";
  }
  return finding;
}

}  // namespace

Findings log_findings(const BootLogReading& reading) {
  Findings findings;
  for (const LogRemark& remark : reading.log.remarks) {
    findings.push_back(finding_of(reading.log, remark));
  }
  for (const HashAlgorithm bank : reading.log.banks) {
    if (!can_hash(bank)) {
      Finding finding{.code = FindingCode::kLogAlgorithmUnknown, .severity = Severity::kInfo};
      finding.subject = std::string(name_of(bank)) + " is not computed here";
      findings.push_back(std::move(finding));
    }
  }
  if (reading.broken) {
    Finding finding{.code = FindingCode::kLogMalformed, .severity = Severity::kFail};
    finding.event = static_cast<std::uint32_t>(reading.log.events.size());
    finding.subject = reading.broken->to_string();
    findings.push_back(std::move(finding));
  }
  return findings;
}

Finding mismatch_finding(std::uint32_t pcr, const Digest& replayed, const Digest& quoted) {
  Finding finding{.code = FindingCode::kLogMismatch, .severity = Severity::kFail};
  finding.pcr = pcr;
  finding.digest = replayed;
  finding.expected = quoted;
  if (is_capped(replayed, quoted)) {
    finding.subject =
        "one extend of zeros more, as Windows caps a bank: the log ends before the cap";
  }
  return finding;
}

}  // namespace quotemill
