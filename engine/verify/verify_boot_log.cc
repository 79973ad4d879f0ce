#include "engine/crypto/hash.h"
#include "engine/eventlog/ima_reader.h"
#include "engine/eventlog/replay.h"
#include "engine/verdict/host_state.h"
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
  BootLogVerifier(const PcrBank& quoted, BootLogReading reading, LogForm form, ExtendMemo* memo)
      : boot_(quoted, form), broken_(reading.broken.has_value()), memo_(memo) {
    boot_.findings_ = log_findings(reading);
    boot_.log_ = std::move(reading.log);
  }

  VerifiedBoot run() && {
    const HashAlgorithm bank = boot_.pcrs_.algorithm();
    if (!can_hash(bank) || !boot_.log_.has_bank(bank)) {
      add(FindingCode::kLogBankMissing).subject = name_of(bank);
    } else {
      compare_pcrs(replay_towards(boot_.pcrs_, boot_.log_, memo_));
    }
    note_unquoted_banks();
    const std::uint32_t asked = boot_.pcrs_.mask() & ~kRuntimePcrs;
    boot_.proven_ = !broken_ && boot_.proven_pcrs_ == asked;
    return std::move(boot_);
  }

  VerifiedEvidence run(VerifiedQuote quote) && {
    return {std::move(quote), std::move(*this).run()};
  }

 private:
  Finding& add(FindingCode code, Severity severity = Severity::kFail) {
    Finding finding;
    finding.code = code;
    finding.severity = severity;
    return boot_.findings_.emplace_back(std::move(finding));
  }

  void compare_pcrs(const PcrBank& replayed) {
    for (std::uint32_t pcr = 0; pcr < limits::kPcrCount; ++pcr) {
      const bool is_asked = boot_.pcrs_.has(pcr) && (kRuntimePcrs >> pcr & 1U) == 0;
      if (is_asked && is_explained(pcr, replayed)) {
        boot_.proven_pcrs_ |= 1U << pcr;
      }
    }
  }

  bool is_explained(std::uint32_t pcr, const PcrBank& replayed) {
    const ByteView quoted = boot_.pcrs_.value(pcr);
    const bool is_reset = is_filled_with(quoted, starts_with_ones(pcr) ? 0xFF : 0x00);
    if (is_reset && (kFirmwarePcrs >> pcr & 1U) != 0) {
      add(FindingCode::kBootPcrUnextended).pcr = pcr;
      return false;
    }
    if (replayed.has(pcr) ? equal(replayed.value(pcr), quoted) : is_reset) {
      return true;
    }
    if (replayed.has(pcr)) {
      boot_.findings_.push_back(mismatch_finding(pcr, replayed.at(pcr), boot_.pcrs_.at(pcr)));
      return false;
    }
    Finding& finding = add(FindingCode::kLogNoEvents);
    finding.pcr = pcr;
    finding.expected = boot_.pcrs_.at(pcr);
    return false;
  }

  void note_unquoted_banks() {
    for (const HashAlgorithm bank : boot_.log_.banks) {
      if (bank != boot_.pcrs_.algorithm()) {
        add(FindingCode::kLogBankUnquoted, Severity::kInfo).subject = name_of(bank);
      }
    }
  }

  VerifiedBoot boot_;
  const bool broken_;
  ExtendMemo* const memo_;
};

VerifiedEvidence verify_boot_log(VerifiedQuote quote, ByteView log, ExtendMemo* memo,
                                 LogForm form) {
  BootLogVerifier verifier(quote.pcrs(), read_boot_log(log), form, memo);
  return std::move(verifier).run(std::move(quote));
}

std::optional<VerifiedBoot> recall_boot(const BootProof& proof, ByteView log, ExtendMemo* memo) {
  VerifiedBoot boot =
      BootLogVerifier(proof.pcrs.values(), read_boot_log(log), LogForm::kAsKept, memo).run();
  return boot.is_proven() ? std::optional(std::move(boot)) : std::nullopt;
}

}  // namespace quotemill
