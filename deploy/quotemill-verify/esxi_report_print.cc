#include <iomanip>

#include "deploy/quotemill-verify/esxi_report.h"
#include "deploy/quotemill-verify/json_parts.h"
#include "deploy/quotemill-verify/report.h"
#include "engine/eventlog/decode/text.h"

namespace quotemill::offline {
namespace {

constexpr std::string_view kRestsOn =
    "the report alone: nobody signed it, and no nonce makes it fresh";

std::string shown(std::string_view raw) {
  return text_of_ascii(as_bytes(raw));
}

std::string about(const EsxiReportEntry& entry) {
  std::string words = shown(entry.name.empty() ? entry.text : entry.name);
  if (!entry.vib_name.empty()) {
    words += " of " + shown(entry.vib_name);
    words += entry.vib_version.empty() ? "" : " " + shown(entry.vib_version);
    words += entry.vib_vendor.empty() ? "" : " (" + shown(entry.vib_vendor) + ")";
  }
  return words;
}

Json json_of_entry(const EsxiReportCheck& check, std::size_t index) {
  const EsxiReportEntry& entry = check.report.entries[index];
  Json json = {{"index", index},
               {"pcr", entry.pcr},
               {"kind", name_of(entry.kind)},
               {"class", shown(entry.type)},
               {"algorithm", name_of(entry.digest.algorithm())},
               {"digest", entry.digest.hex()},
               {"proof", name_of(check.proofs[index])}};
  const auto add = [&json](const char* name, const std::string& raw) {
    if (!raw.empty()) {
      json[name] = shown(raw);
    }
  };
  add("name", entry.name);
  add("text", entry.text);
  add("vib", entry.vib_name);
  add("vib_version", entry.vib_version);
  add("vib_vendor", entry.vib_vendor);
  return json;
}

}  // namespace

void print_text(std::ostream& out, const EsxiReportCheck& check) {
  out << "READ: " << name_of(check.report.format) << " report, " << check.report.entries.size()
      << " events, layout " << name_of(check.layout) << "; it proves nothing by itself\n"
      << "\n  bank     PCR  value\n";
  for (const ReportPcr& row : check.pcrs) {
    out << "  " << std::left << std::setw(8) << name_of(row.value.algorithm()) << std::right
        << std::setw(4) << row.pcr << "  " << row.value.hex() << "  " << name_of(row.state) << '\n';
  }
  out << "\n  event  PCR  what              shown     digest            about\n";
  for (std::size_t i = 0; i < check.report.entries.size(); ++i) {
    const EsxiReportEntry& entry = check.report.entries[i];
    constexpr std::size_t kDigestShown = 16;
    const char* const held = check.proofs[i] == ProofClass::kDataProven     ? "data"
                             : check.proofs[i] == ProofClass::kDigestProven ? "digest"
                                                                            : "unproven";
    out << "  " << std::right << std::setw(5) << i << std::setw(5) << entry.pcr << "  " << std::left
        << std::setw(18) << name_of(entry.kind) << std::setw(10) << held
        << entry.digest.hex().substr(0, kDigestShown) << "  " << about(entry) << '\n';
  }
  print_findings(out, check.findings);
}

void print_json(std::ostream& out, const EsxiReportCheck& check) {
  Json json = {{"format", name_of(check.report.format)},
               {"rests_on", kRestsOn},
               {"layout", name_of(check.layout)},
               {"log_reliable", or_null(check.report.is_reliable)},
               {"exec_installed_only", or_null(check.boot.exec_installed_only)},
               {"kernel_secure_boot", or_null(check.boot.kernel_secure_boot)}};
  Json& pcrs = json["pcrs"] = Json::object();
  for (const ReportPcr& row : check.pcrs) {
    pcrs[std::string(name_of(row.value.algorithm()))][std::to_string(row.pcr)] = {
        {"value", row.value.hex()},
        {"replayed", row.replayed.hex()},
        {"state", name_of(row.state)}};
  }
  Json& events = json["events"] = Json::array();
  for (std::size_t i = 0; i < check.report.entries.size(); ++i) {
    events.push_back(json_of_entry(check, i));
  }
  json["findings"] = json_of(check.findings);
  out << json.dump(2) << '\n';
}

}  // namespace quotemill::offline
