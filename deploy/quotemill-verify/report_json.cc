#include "deploy/quotemill-verify/json.h"
#include "deploy/quotemill-verify/report.h"
#include "engine/eventlog/event_type.h"

namespace quotemill::offline {
namespace {

Json json_of(const Findings& findings) {
  Json list = Json::array();
  for (const Finding& finding : findings) {
    list.push_back(finding_json(finding));
  }
  return list;
}

Json json_of(const std::vector<PcrSelection>& selections) {
  Json banks = Json::object();
  for (const PcrSelection& selection : selections) {
    Json& list = banks[std::string(name_of(selection.bank))] = Json::array();
    for (std::uint32_t pcr = 0; pcr < limits::kPcrCount; ++pcr) {
      if (selection.has(pcr)) {
        list.push_back(pcr);
      }
    }
  }
  return banks;
}

Json json_of(const Quote& quote) {
  return {{"qualified_signer", to_hex(quote.qualified_signer)},
          {"extra_data", to_hex(quote.extra_data)},
          {"clock_ms", quote.clock.clock_ms},
          {"reset_count", quote.clock.reset_count},
          {"restart_count", quote.clock.restart_count},
          {"clock_safe", quote.clock.safe},
          {"firmware_version", quote.firmware_version},
          {"selection", json_of(quote.selections)},
          {"pcr_digest", to_hex(quote.pcr_digest)}};
}

Json json_of(const std::vector<PcrRow>& rows) {
  Json banks = Json::object();
  for (const PcrRow& row : rows) {
    banks[std::string(name_of(row.value.algorithm()))][std::to_string(row.pcr)] = {
        {"value", row.value.hex()}, {"proof", name_of(row.proof)}};
  }
  return banks;
}

Json json_of(const BootEvent& event, const std::vector<HashAlgorithm>& banks) {
  Json digests = Json::object();
  for (const HashAlgorithm bank : banks) {
    const ByteView digest = event.digest(bank);
    if (!digest.empty()) {
      digests[std::string(name_of(bank))] = to_hex(digest);
    }
  }
  return {{"index", event.number},     {"pcr", event.pcr},   {"type", event_type_name(event.type)},
          {"type_number", event.type}, {"digests", digests}, {"data_size", event.data.size()},
          {"data", to_hex(event.data)}};
}

}  // namespace

void print_json(std::ostream& out, const QuoteReport& report, const AttestationKey& key) {
  Json json = {{"verdict", report.proven() ? "proven" : "not_proven"}, {"key", key.key.name()}};
  json["signature"] = nullptr;
  if (report.signature.has_value()) {
    json["signature"] = {{"scheme", name_of(report.signature->scheme)},
                         {"hash", name_of(report.signature->hash)}};
  }
  json["quote"] = report.quote.has_value() ? json_of(*report.quote) : Json(nullptr);
  json["pcrs"] = json_of(report.pcrs);
  if (report.ima.has_value()) {
    json["ima"] = {{"entries", report.ima->entries},
                   {"proven_entries", report.ima->proven_entries}};
  }
  json["findings"] = json_of(report.findings);
  json["unchecked"] = report.unchecked;
  json["unquoted_pcrs"] = json_of(report.unquoted);
  out << json.dump(2) << '\n';
}

void print_json(std::ostream& out, const LogReport& report) {
  const BootLog& log = report.reading.log;
  Json json = {{"format", name_of(log.format)}};
  json["algorithms"] = Json::array();
  for (const HashAlgorithm bank : log.banks) {
    json["algorithms"].push_back(name_of(bank));
  }
  json["startup_locality"] = log.startup_locality;
  json["pcrs"] = Json::object();
  for (const PcrBank& bank : report.pcrs) {
    Json& values = json["pcrs"][std::string(name_of(bank.algorithm()))] = Json::object();
    for (std::uint32_t pcr = 0; pcr < limits::kPcrCount; ++pcr) {
      if (bank.has(pcr)) {
        values[std::to_string(pcr)] = bank.at(pcr).hex();
      }
    }
  }
  json["events"] = Json::array();
  for (const BootEvent& event : log.events) {
    json["events"].push_back(json_of(event, log.banks));
  }
  json["findings"] = json_of(report.findings);
  out << json.dump(2) << '\n';
}

}  // namespace quotemill::offline
