#include "deploy/quotemill-verify/json_parts.h"
#include "deploy/quotemill-verify/log_report.h"
#include "engine/esxi/log/describe_esxi.h"
#include "engine/eventlog/decode/secrets.h"
#include "engine/eventlog/event_type.h"

namespace quotemill::offline {
namespace {

Json digests_of(const BootEvent& event, const std::vector<HashAlgorithm>& banks) {
  Json digests = Json::object();
  for (const HashAlgorithm bank : banks) {
    const ByteView digest = event.digest(bank);
    if (!digest.empty()) {
      digests[std::string(name_of(bank))] = to_hex(digest);
    }
  }
  return digests;
}

// What the proof says beside its class, where it says anything.
void add_proof_details(const EventStanding& standing, Json& json) {
  if (!standing.hashed.empty()) {
    json["hashed"] = standing.hashed;
  }
  if (standing.problem != ProofProblem::kNone) {
    json["unproven_because"] = name_of(standing.problem);
  }
  if (standing.quirk != nullptr) {
    json["quirk"] = {{"id", standing.quirk->id},
                     {"machine", standing.quirk->machine},
                     {"deviates", standing.quirk->deviates},
                     {"excuses", standing.quirk->excuses}};
  }
}

Json data_of(const LogReport& report, const BootEvent& event) {
  const DecodedEvent decoded = decoded_event(report, event);
  Json data = {{"kind", decoded.kind}};
  data.update(json_of(decoded.fields));
  if (!decoded.problem.empty()) {
    data["problem"] = decoded.problem;
  }
  return data;
}

Json json_of_event(const LogReport& report, const BootEvent& event) {
  const EventStanding standing = standing_of(report, event);
  Json json = {{"index", event.number},
               {"pcr", event.pcr},
               {"type", event_type_name(event.type)},
               {"type_number", event.type},
               {"digests", digests_of(event, report.reading.log.banks)},
               {"proof", name_of(standing.proof)}};
  add_proof_details(standing, json);
  json["data"] = data_of(report, event);
  json["data_size"] = event.data.size();
  json["data_hex"] = to_hex(without_secrets(event.data));
  return json;
}

Json json_of_record(const UserspaceRecord& record, std::size_t index) {
  Json digests = Json::object();
  for (const Digest& digest : record.digests) {
    digests[std::string(name_of(digest.algorithm()))] = digest.hex();
  }
  Json json = {{"index", index}};
  if (record.pcr) {
    json["pcr"] = *record.pcr;
  } else {
    json["nv_index"] = *record.nv_index;
  }
  json["type"] = record.type;
  json["digests"] = digests;
  json["proof"] = name_of(record.proof);
  json["text"] = record.text;
  return json;
}

Json claims_of(const LogReport& report) {
  if (!report.claims) {
    return Json::object();
  }
  Json claims = {{"bank", name_of(report.proven->bank())},
                 {"rests_on", "the log alone: proven is what a quote of these PCRs proves"}};
  claims.update(json_of(describe_claims(*report.claims)));
  if (report.esxi.layout != EsxiLayout::kNone) {
    claims["esxi"] = json_of(describe(report.esxi));
  }
  return claims;
}

}  // namespace

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
    json["events"].push_back(json_of_event(report, event));
  }
  if (report.joined) {
    json["final_events"] = {{"overlap", report.joined->overlap},
                            {"appended", report.joined->appended}};
  }
  if (report.userspace) {
    Json& records = json["userspace_events"] = Json::array();
    for (const UserspaceRecord& record : report.userspace->records) {
      records.push_back(json_of_record(record, records.size()));
    }
  }
  json["claims"] = claims_of(report);
  json["findings"] = json_of(report.findings);
  out << json.dump(2) << '\n';
}

}  // namespace quotemill::offline
