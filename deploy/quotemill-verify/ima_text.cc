#include <algorithm>
#include <array>
#include <iomanip>

#include "deploy/quotemill-verify/ima_report.h"
#include "deploy/quotemill-verify/report.h"
#include "engine/base/text.h"

namespace quotemill::offline {
namespace {

constexpr std::size_t kPathShown = 1'024;

struct Unchecked {
  std::string_view word;
  std::string_view meaning;
};

constexpr std::array kUnchecked = {
    Unchecked{"pcr10",
              "that the TPM measured these entries (--pcrs with PCR 10, or 'quote --ima')"},
    Unchecked{"ima_tail", "entries behind those that PCR 10 proves"},
    Unchecked{"boot_aggregate", "that the list is of this boot (--pcrs or --eventlog)"},
    Unchecked{"references", "whether the files are known (--references)"},
    Unchecked{"signatures", "who signed the files (--keyring)"}};

void print_aggregate(std::ostream& out, const ImaListReport& report) {
  out << "  boot_aggregate  ";
  if (!report.boot_aggregate.has_value()) {
    out << "none\n";
    return;
  }
  out << name_of(report.boot_aggregate->algorithm()) << ':' << report.boot_aggregate->hex();
  switch (report.boot_aggregate_check.state) {
    case BootAggregateState::kHolds:
      out << ", that of PCR 0 to " << report.boot_aggregate_check.pcr_count - 1;
      break;
    case BootAggregateState::kDiffers:
      out << ", not that of the boot PCRs";
      break;
    case BootAggregateState::kNoTpm:
      out << ": the kernel found no TPM";
      break;
    case BootAggregateState::kNoValues:
      break;
  }
  out << '\n';
}

void print_counts(std::ostream& out, const ImaListReport& report) {
  out << "  templates       ";
  const char* separator = "";
  for (const auto& [name, count] : report.templates) {
    out << separator << name << ' ' << count;
    separator = ", ";
  }
  out << "\n  entries         ";
  separator = "";
  for (const auto& [outcome, count] : report.outcomes) {
    out << separator << name_of(outcome) << ' ' << count;
    separator = ", ";
  }
  out << '\n';
  if (report.proven_entries.has_value()) {
    out << "  PCR 10          proves " << *report.proven_entries << " of " << report.entries.size()
        << " entries\n";
  }
}

void print_pcrs(std::ostream& out, const ImaListReport& report) {
  out << "\n  bank     PCR  form    value\n";
  for (const auto& [pcr, banks] : report.replayed) {
    for (const ImaBankProgress& bank : banks) {
      for (const ImaDigestForm form : kImaDigestForms) {
        const std::optional<Digest> value = bank.value(form);
        const auto proven = report.forms.find(bank.algorithm());
        const bool other = proven != report.forms.end() && proven->second != form;
        if (value.has_value() && !other) {
          out << "  " << std::left << std::setw(8) << name_of(bank.algorithm()) << std::right
              << std::setw(4) << pcr << "  " << std::left << std::setw(8) << name_of(form)
              << value->hex() << '\n';
        }
      }
    }
  }
}

void print_certificates(std::ostream& out, const ImaListReport& report) {
  for (const auto& [signer, count] : report.signers) {
    out << "  signer  " << escaped(signer->subject()) << ": " << count << " entries\n";
  }
  for (const Certificate& key : report.keys) {
    out << "  key     " << escaped(key.subject()) << ", loaded into a kernel keyring\n";
  }
}

void print_entry(std::ostream& out, const ImaEntry& entry, std::size_t number,
                 const ImaVerdict& verdict) {
  out << "  " << std::right << std::setw(7) << number << std::setw(5) << entry.pcr << "  "
      << std::left << std::setw(11) << escaped(entry.template_name) + " " << std::setw(14)
      << name_of(verdict.proof) << std::setw(21) << name_of(verdict.outcome);
  const std::optional<ImaFields> fields = fields_of(entry);
  if (fields.has_value()) {
    out << (fields->algorithm.empty() ? "" : escaped(fields->algorithm) + ":")
        << to_hex(fields->digest) << "  " << escaped(fields->name, kPathShown);
  } else {
    out << entry.template_data.size() << " bytes";
  }
  out << '\n';
}

}  // namespace

void print_text(std::ostream& out, const ImaListReport& report, ByteView list) {
  ImaReader reader(list);
  out << "READ: " << (report.ascii ? "ascii" : "binary") << " IMA list, " << report.entries.size()
      << " entries, template hashes of " << report.template_hash_size << " bytes\n\n";
  print_aggregate(out, report);
  print_counts(out, report);
  print_pcrs(out, report);
  out << '\n';
  print_certificates(out, report);
  out << "\n    entry  PCR  template   proof         outcome              digest and path\n";
  while (const ImaEntry* entry = reader.next()) {
    print_entry(out, *entry, reader.entries() - 1, report.entries[reader.entries() - 1]);
  }
  print_findings(out, report.findings);
  if (report.findings_omitted != 0) {
    out << "  ... and " << report.findings_omitted << " more that are only counted\n";
  }
  out << "\nNot checked\n";
  for (const Unchecked& one : kUnchecked) {
    if (std::find(report.unchecked.begin(), report.unchecked.end(), one.word) !=
        report.unchecked.end()) {
      out << "  " << std::left << std::setw(15) << one.word << one.meaning << '\n';
    }
  }
}

}  // namespace quotemill::offline
