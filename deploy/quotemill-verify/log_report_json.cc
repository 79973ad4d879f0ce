#include "deploy/quotemill-verify/json_parts.h"
#include "deploy/quotemill-verify/log_report.h"
#include "engine/eventlog/decode/decode_event.h"
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

Json proof_of(const LogReport& report, const BootEvent& event) {
  return report.proven ? name_of(report.proven->proof(event.number).proof)
                       : name_of(ProofClass::kUnprovenType);
}

// What the proof says beside its class, where it says anything.
void add_proof_details(const LogReport& report, const BootEvent& event, Json& json) {
  if (!report.proven) {
    return;
  }
  const EventProof& proof = report.proven->proof(event.number);
  if (proof.hashed != HashedPart::kNone) {
    json["hashed"] = name_of(proof.hashed);
  }
  if (proof.problem != ProofProblem::kNone) {
    json["unproven_because"] = name_of(proof.problem);
  }
  if (proof.quirk != nullptr) {
    json["quirk"] = {{"id", proof.quirk->id},
                     {"machine", proof.quirk->machine},
                     {"deviates", proof.quirk->deviates},
                     {"excuses", proof.quirk->excuses}};
  }
}

Json data_of(const BootEvent& event) {
  const DecodedEvent decoded = decode_event(event);
  Json data = {{"kind", decoded.kind}};
  data.update(json_of(decoded.fields));
  if (!decoded.problem.empty()) {
    data["problem"] = decoded.problem;
  }
  return data;
}

Json json_of_event(const LogReport& report, const BootEvent& event) {
  Json json = {{"index", event.number},
               {"pcr", event.pcr},
               {"type", event_type_name(event.type)},
               {"type_number", event.type},
               {"digests", digests_of(event, report.reading.log.banks)},
               {"proof", proof_of(report, event)}};
  add_proof_details(report, event, json);
  json["data"] = data_of(event);
  json["data_size"] = event.data.size();
  json["data_hex"] = to_hex(event.data);
  return json;
}

Json json_of_record(const UserspaceRecord& record, std::size_t index) {
  Json digests = Json::object();
  for (const Digest& digest : record.digests) {
    digests[std::string(name_of(digest.algorithm()))] = digest.hex();
  }
  return {{"index", index},
          {"pcr", record.pcr},
          {"type", record.type},
          {"digests", digests},
          {"proof", name_of(record.proof)},
          {"text", record.text}};
}

Json claims_of(const LogReport& report) {
  if (!report.claims) {
    return Json::object();
  }
  Json claims = {{"bank", name_of(report.proven->bank())},
                 {"rests_on", "the log alone: proven is what a quote of these PCRs proves"}};
  claims.update(json_of(describe_claims(*report.claims)));
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
