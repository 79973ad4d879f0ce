// What the command quote prints: text for people, JSON for programs. Nothing host-supplied is
// printed unescaped.
#pragma once

#include <ostream>
#include <string>

#include "deploy/quotemill-verify/input_files.h"
#include "deploy/quotemill-verify/quote_check.h"
#include "engine/verdict/finding.h"

namespace quotemill::offline {

void print_text(std::ostream& out, const QuoteReport& report, const AttestationKey& key);
void print_json(std::ostream& out, const QuoteReport& report, const AttestationKey& key);

// The first findings, with their remedies; nothing if there are none.
void print_findings(std::ostream& out, const Findings& findings);

}  // namespace quotemill::offline
