#include <iostream>

#include "deploy/quotemill-verify/commands.h"
#include "deploy/quotemill-verify/input_files.h"
#include "deploy/quotemill-verify/report.h"
#include "engine/base/limits.h"
#include "engine/crypto/hash.h"
#include "engine/eventlog/replay.h"
#include "engine/verify/log_findings.h"

namespace quotemill::offline {

int run_eventlog(const EventLogOptions& options) {
  const Result<Bytes> file = read_file(options.log, limits::kBootLogSizeMax);
  if (!file) {
    std::cerr << "quotemill-verify: " << file.error().to_string() << '\n';
    return kExitNotJudged;
  }
  LogReport report;
  report.reading = read_boot_log(*file);
  report.findings = log_findings(report.reading);
  for (const HashAlgorithm bank : report.reading.log.banks) {
    if (can_hash(bank)) {
      report.pcrs.push_back(replay(report.reading.log, bank));
    }
  }
  options.json ? print_json(std::cout, report) : print_text(std::cout, report);
  return worst_of(report.findings) == Severity::kFail ? kExitNotProven : kExitProven;
}

}  // namespace quotemill::offline
