#include "engine/crypto/hash.h"
#include "engine/eventlog/ima_reader.h"
#include "engine/eventlog/replay.h"
#include "engine/verify/log_findings.h"
#include "engine/verify/verify.h"

namespace quotemill {
namespace {

// PCRs that firmware must have extended (separators at least, PFP 1.06, 3.3.3): a bank where they
// are untouched could be filled at will (CVE-2021-42299).
constexpr std::uint32_t kFirmwarePcrs = 0xFF;

// What the kernel measures after the boot is the runtime list's to explain.
constexpr std::uint32_t kRuntimePcrs = 1U << kImaPcr;

// PCRs 17 to 22 start with ones: they belong to the dynamic root of trust (PFP 1.06, table 1).
bool starts_with_ones(std::uint32_t pcr) {
  return pcr >= 17 && pcr <= 22;
}

}  // namespace

class BootLogVerifier {
 public:
  BootLogVerifier(VerifiedQuote quote, BootLogReading reading, LogForm form, ExtendMemo* memo)
      : evidence_(std::move(quote), form), broken_(reading.broken.has_value()), memo_(memo) {
    evidence_.findings_ = log_findings(reading);
    evidence_.log_ = std::move(reading.log);
  }

  VerifiedEvidence run() && {
    const HashAlgorithm bank = evidence_.quote_.pcrs().algorithm();
    if (!can_hash(bank) || !evidence_.log_.has_bank(bank)) {
      add(FindingCode::kLogBankMissing).subject = name_of(bank);
    } else {
      compare_pcrs(replay_towards(evidence_.quote_.pcrs(), evidence_.log_, memo_));
    }
    note_unquoted_banks();
    const std::uint32_t asked = evidence_.quote_.pcrs().mask() & ~kRuntimePcrs;
    evidence_.proven_ = !broken_ && evidence_.proven_pcrs_ == asked;
    return std::move(evidence_);
  }

 private:
  Finding& add(FindingCode code, Severity severity = Severity::kFail) {
    Finding finding;
    finding.code = code;
    finding.severity = severity;
    return evidence_.findings_.emplace_back(std::move(finding));
  }

  void compare_pcrs(const PcrBank& replayed) {
    const PcrBank& quoted = evidence_.quote_.pcrs();
    for (std::uint32_t pcr = 0; pcr < limits::kPcrCount; ++pcr) {
      const bool is_asked = quoted.has(pcr) && (kRuntimePcrs >> pcr & 1U) == 0;
      if (is_asked && is_explained(pcr, quoted.at(pcr), replayed)) {
        evidence_.proven_pcrs_ |= 1U << pcr;
      }
    }
  }

  bool is_explained(std::uint32_t pcr, const Digest& quoted, const PcrBank& replayed) {
    const bool is_reset = quoted.is_filled_with(starts_with_ones(pcr) ? 0xFF : 0x00);
    if (is_reset && (kFirmwarePcrs >> pcr & 1U) != 0) {
      add(FindingCode::kBootPcrUnextended).pcr = pcr;
      return false;
    }
    if (replayed.has(pcr) ? replayed.at(pcr) == quoted : is_reset) {
      return true;
    }
    if (replayed.has(pcr)) {
      evidence_.findings_.push_back(mismatch_finding(pcr, replayed.at(pcr), quoted));
      return false;
    }
    Finding& finding = add(FindingCode::kLogNoEvents);
    finding.pcr = pcr;
    finding.expected = quoted;
    return false;
  }

  void note_unquoted_banks() {
    for (const HashAlgorithm bank : evidence_.log_.banks) {
      if (bank != evidence_.quote_.pcrs().algorithm()) {
        add(FindingCode::kLogBankUnquoted, Severity::kInfo).subject = name_of(bank);
      }
    }
  }

  VerifiedEvidence evidence_;
  const bool broken_;
  ExtendMemo* const memo_;
};

VerifiedEvidence verify_boot_log(VerifiedQuote quote, ByteView log, ExtendMemo* memo,
                                 LogForm form) {
  return BootLogVerifier(std::move(quote), read_boot_log(log), form, memo).run();
}

}  // namespace quotemill
