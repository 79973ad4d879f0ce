// LogCheck: what the logs that came with a quote explain of its authentic PCR values.
#pragma once

#include <vector>

#include "deploy/quotemill-verify/quote_check.h"
#include "engine/eventlog/boot_log.h"
#include "engine/eventlog/ima_log.h"
#include "engine/tpm/pcr.h"
#include "engine/verdict/finding.h"

namespace quotemill::offline {

class LogCheck {
 public:
  // `banks` are authentic; findings are added to `findings`. Both must outlive the check.
  LogCheck(const std::vector<PcrBank>& banks, Findings& findings);

  // Compares the replay PCR by PCR. A PCR that was extended without an event is a failure for PCR 0
  // to 7, which firmware must log, and a warning for those that belong to the operating system.
  void check_boot_log(const BootLogReading& reading);

  // Compares PCR 10 of every quoted bank, after check_boot_log().
  ImaResult check_ima_log(const ImaLogReading& reading);

  // One row per quoted PCR, with what the checks so far found.
  [[nodiscard]] const std::vector<PcrRow>& rows() const { return rows_; }

 private:
  Finding& add(FindingCode code, Severity severity = Severity::kFail);
  void compare_bank(const BootLog& log, const PcrBank& quoted);
  void judge(PcrRow& row, const PcrBank& replayed);
  void judge_unlogged(PcrRow& row);
  void note_unquoted_banks(const BootLog& log);
  std::size_t match_ima(const ImaLog& log, PcrRow& row);
  void check_ima_data(const ImaLog& log, std::size_t proven_entries);
  void forget_unlogged(const PcrRow& row);

  const std::vector<PcrBank>& banks_;
  Findings& findings_;
  std::vector<PcrRow> rows_;
};

// What an IMA list's reading has to say of itself: the break, if there is one.
Findings list_findings(const ImaLogReading& reading);

}  // namespace quotemill::offline
