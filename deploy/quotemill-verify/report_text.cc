#include <algorithm>
#include <array>
#include <iomanip>

#include "deploy/quotemill-verify/report.h"

namespace quotemill::offline {
namespace {

// Hostile logs can make thousands of remarks; JSON has them all.
constexpr std::size_t kFindingsShown = 64;

struct Unchecked {
  std::string_view word;
  std::string_view meaning;
};

constexpr std::array kUnchecked = {
    Unchecked{"nonce", "that the quote is fresh (--nonce)"},
    Unchecked{"pcrs", "the PCR values (--pcrs)"},
    Unchecked{"unquoted_pcrs", "values in --pcrs that the quote does not cover"},
    Unchecked{"eventlog", "how the PCRs came to their values (--eventlog)"},
    Unchecked{"event_data", "what the events mean: only their digests are proven"},
    Unchecked{"ima", "what PCR 10 stands for (--ima)"},
    Unchecked{"ima_tail", "entries added to the IMA list after the quote"},
    Unchecked{"ak_attributes", "that the key can sign nothing but what its TPM made"},
    Unchecked{"ak_certificate", "who issued the key's certificate"},
    Unchecked{"ak_origin", "that the key lives in a genuine TPM, and in which machine"},
    Unchecked{"clock", "clock and reset counters against an earlier quote"}};

std::string_view meaning_of(std::string_view word) {
  for (const Unchecked& entry : kUnchecked) {
    if (entry.word == word) {
      return entry.meaning;
    }
  }
  return word;
}

void print_quote(std::ostream& out, const Quote& quote) {
  out << "  extra data  " << (quote.extra_data.empty() ? "none" : to_hex(quote.extra_data)) << '\n';
  out << "  PCRs        " << to_string(quote.selections) << "\n  clock       "
      << quote.clock.clock_ms << " ms, " << quote.clock.reset_count << " resets, "
      << quote.clock.restart_count << " restarts\n";
}

void print_rows(std::ostream& out, const std::vector<PcrRow>& rows) {
  if (rows.empty()) {
    return;
  }
  out << "\n  bank     PCR  proof      value\n";
  for (const PcrRow& row : rows) {
    out << "  " << std::left << std::setw(8) << name_of(row.value.algorithm()) << std::right
        << std::setw(4) << row.pcr << "  " << std::left << std::setw(9) << name_of(row.proof)
        << "  " << row.value.hex() << '\n';
  }
}

}  // namespace

void print_findings(std::ostream& out, const Findings& findings) {
  if (findings.empty()) {
    return;
  }
  out << "\nFindings\n";
  const std::size_t shown = std::min(findings.size(), kFindingsShown);
  for (std::size_t i = 0; i < shown; ++i) {
    const Finding& finding = findings[i];
    out << "  " << std::left << std::setw(8) << name_of(finding.severity) << std::setw(28)
        << name_of(finding.code) << message_of(finding) << '\n';
    const std::string_view remedy = remedy_of(finding.code);
    const bool repeated = i + 1 < shown && findings[i + 1].code == finding.code &&
                          findings[i + 1].severity == finding.severity;
    if (finding.severity == Severity::kFail && !remedy.empty() && !repeated) {
      out << std::setw(38) << "" << remedy << '\n';
    }
  }
  if (shown < findings.size()) {
    out << "  ... and " << findings.size() - shown << " more (--json shows all)\n";
  }
}

void print_text(std::ostream& out, const QuoteReport& report, const AttestationKey& key) {
  out << (report.proven() ? "PROVEN" : "NOT PROVEN") << "\n\n  key         " << key.key.name()
      << "\n  signature   ";
  if (report.signature.has_value()) {
    out << name_of(report.signature->scheme) << " with " << name_of(report.signature->hash)
        << ", holds\n";
  } else {
    out << "does not hold\n";
  }
  if (report.quote.has_value()) {
    print_quote(out, *report.quote);
  }
  if (report.ima.has_value()) {
    out << "  IMA list    " << report.ima->proven_entries << " of " << report.ima->entries
        << " entries proven\n";
  }
  print_rows(out, report.pcrs);
  print_findings(out, report.findings);
  out << "\nNot checked\n";
  for (const std::string& word : report.unchecked) {
    out << "  " << std::left << std::setw(15) << word << meaning_of(word);
    if (word == "unquoted_pcrs") {
      out << ": " << to_string(report.unquoted);
    }
    out << '\n';
  }
}

}  // namespace quotemill::offline
