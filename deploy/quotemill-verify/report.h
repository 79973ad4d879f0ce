// What the commands print: text for people, JSON for programs. Nothing host-supplied is printed
// unescaped.
#pragma once

#include <ostream>
#include <string>

#include "deploy/quotemill-verify/input_files.h"
#include "deploy/quotemill-verify/quote_check.h"
#include "engine/eventlog/boot_log.h"
#include "engine/verdict/finding.h"

namespace quotemill::offline {

// A log by itself: read and replayed, compared with nothing.
struct LogReport {
  BootLogReading reading;  // borrows the file
  std::vector<PcrBank> pcrs;
  Findings findings;
};

void print_text(std::ostream& out, const QuoteReport& report, const AttestationKey& key);
void print_json(std::ostream& out, const QuoteReport& report, const AttestationKey& key);

// The first findings, with their remedies; nothing if there are none.
void print_findings(std::ostream& out, const Findings& findings);

void print_text(std::ostream& out, const LogReport& report);
void print_json(std::ostream& out, const LogReport& report);

}  // namespace quotemill::offline
