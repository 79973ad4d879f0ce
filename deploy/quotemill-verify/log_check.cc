#include "deploy/quotemill-verify/log_check.h"

#include <algorithm>

#include "deploy/quotemill-verify/derive_pcrs.h"
#include "engine/crypto/hash.h"
#include "engine/eventlog/replay.h"
#include "engine/verify/log_findings.h"

namespace quotemill::offline {
namespace {

constexpr std::uint32_t kFirmwarePcrsEnd = 8;  // PCR 0 to 7 (PFP 1.06, table 1)

bool is_reset(const PcrRow& row) {
  return row.value.is_filled_with(0x00) || row.value.is_filled_with(reset_byte(row.pcr));
}

}  // namespace

LogCheck::LogCheck(const std::vector<PcrBank>& banks, Findings& findings)
    : banks_(banks), findings_(findings) {
  for (const PcrBank& bank : banks) {
    for (std::uint32_t pcr = 0; pcr < limits::kPcrCount; ++pcr) {
      if (bank.has(pcr)) {
        rows_.push_back({bank.at(pcr), pcr, PcrProof::kQuoted});
      }
    }
  }
}

Finding& LogCheck::add(FindingCode code, Severity severity) {
  return findings_.emplace_back(Finding{.code = code, .severity = severity});
}

void LogCheck::check_boot_log(const BootLogReading& reading) {
  const Findings remarks = log_findings(reading);
  findings_.insert(findings_.end(), remarks.begin(), remarks.end());
  for (const PcrBank& bank : banks_) {
    compare_bank(reading.log, bank);
  }
  note_unquoted_banks(reading.log);
}

void LogCheck::compare_bank(const BootLog& log, const PcrBank& quoted) {
  const HashAlgorithm bank = quoted.algorithm();
  if (!can_hash(bank) || !log.has_bank(bank)) {
    add(FindingCode::kLogBankMissing).subject = name_of(bank);
    return;
  }
  const PcrBank replayed = replay(log, bank);
  for (PcrRow& row : rows_) {
    if (row.value.algorithm() == bank) {
      judge(row, replayed);
    }
  }
}

void LogCheck::judge(PcrRow& row, const PcrBank& replayed) {
  if (!replayed.has(row.pcr)) {
    judge_unlogged(row);
  } else if (replayed.at(row.pcr) == row.value) {
    row.proof = PcrProof::kReplayed;
  } else {
    row.proof = PcrProof::kMismatch;
    findings_.push_back(mismatch_finding(row.pcr, replayed.at(row.pcr), row.value));
  }
}

void LogCheck::judge_unlogged(PcrRow& row) {
  const bool of_firmware = row.pcr < kFirmwarePcrsEnd;
  if (is_reset(row)) {
    row.proof = PcrProof::kReset;
    // A bank whose PCR 0 was never extended has no root: anything could have been put into it
    // (CVE-2021-42299). Firmware that leaves out others is known, and worth a word.
    if (of_firmware) {
      add(FindingCode::kBootPcrUnextended, row.pcr == 0 ? Severity::kFail : Severity::kWarning)
          .pcr = row.pcr;
    }
    return;
  }
  row.proof = PcrProof::kUnproven;
  Finding& finding =
      add(FindingCode::kLogNoEvents, of_firmware ? Severity::kFail : Severity::kWarning);
  finding.pcr = row.pcr;
  finding.expected = row.value;
}

void LogCheck::note_unquoted_banks(const BootLog& log) {
  for (const HashAlgorithm bank : log.banks) {
    const bool quoted = std::any_of(banks_.begin(), banks_.end(), [bank](const PcrBank& values) {
      return values.algorithm() == bank;
    });
    if (!quoted) {
      add(FindingCode::kLogBankUnquoted, Severity::kInfo).subject = name_of(bank);
    }
  }
}

Findings list_findings(const ImaLogReading& reading) {
  if (!reading.broken) {
    return {};
  }
  return {Finding{.code = FindingCode::kImaMalformed,
                  .event = static_cast<std::uint32_t>(reading.log.entries.size()),
                  .subject = reading.broken->to_string()}};
}

ImaResult LogCheck::check_ima_log(const ImaLogReading& reading) {
  ImaResult result{.entries = reading.log.entries.size(), .proven_entries = 0};
  const Findings remarks = list_findings(reading);
  findings_.insert(findings_.end(), remarks.begin(), remarks.end());
  bool quoted = false;
  for (PcrRow& row : rows_) {
    if (row.pcr == kImaPcr) {
      const std::size_t proven = match_ima(reading.log, row);
      result.proven_entries = quoted ? std::min(result.proven_entries, proven) : proven;
      quoted = true;
    }
  }
  if (!quoted) {
    add(FindingCode::kQuoteSelection).subject = "PCR 10 is not quoted, so nothing proves the list";
  }
  check_ima_data(reading.log, result.proven_entries);
  return result;
}

// The number of entries that the quoted value proves.
std::size_t LogCheck::match_ima(const ImaLog& log, PcrRow& row) {
  const HashAlgorithm bank = row.value.algorithm();
  if (!can_hash(bank)) {
    add(FindingCode::kLogBankMissing).subject = name_of(bank);
    return 0;
  }
  const std::optional<ImaMatch> match = match_ima_log(log, row.value);
  forget_unlogged(row);
  if (match.has_value()) {
    row.proof = match->entries == 0 ? PcrProof::kReset : PcrProof::kReplayed;
    return match->entries;
  }
  row.proof = PcrProof::kMismatch;
  Finding& finding = add(FindingCode::kImaMismatch);
  finding.pcr = row.pcr;
  finding.digest = replay_ima_log(log, bank);
  finding.expected = row.value;
  return 0;
}

// The boot log has no events for PCR 10, and need not: the list explains it.
void LogCheck::forget_unlogged(const PcrRow& row) {
  std::erase_if(findings_, [&row](const Finding& finding) {
    return finding.code == FindingCode::kLogNoEvents && finding.pcr == row.pcr &&
           finding.expected == row.value;
  });
}

// The template hash is proven; what an entry shows is proven only if it hashes to that.
void LogCheck::check_ima_data(const ImaLog& log, std::size_t proven_entries) {
  for (std::size_t i = 0; i < proven_entries; ++i) {
    const ImaEntry& entry = log.entries[i];
    if (!entry.is_violation() && !entry.template_data.empty() && !entry.data_holds()) {
      Finding& finding = add(FindingCode::kImaMalformed);
      finding.event = static_cast<std::uint32_t>(i);
      finding.subject = "the entry's data is not what was measured";
    }
  }
}

}  // namespace quotemill::offline
