#include "deploy/quotemill-verify/json_parts.h"
#include "deploy/quotemill-verify/report.h"

namespace quotemill::offline {
namespace {

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

}  // namespace quotemill::offline
