#include "deploy/quotemill-verify/log_report.h"

#include <algorithm>

#include "engine/crypto/hash.h"
#include "engine/esxi/log/describe_esxi.h"
#include "engine/eventlog/replay.h"
#include "engine/verify/esxi_log_findings.h"
#include "engine/verify/event_findings.h"
#include "engine/verify/log_findings.h"

namespace quotemill::offline {

void read_log(ByteView file, const DbxList* list, LogReport& report) {
  report.reading = read_boot_log(file);
  const BootLog& log = report.reading.log;
  report.findings = log_findings(report.reading);
  for (const HashAlgorithm bank : log.banks) {
    if (can_hash(bank)) {
      report.pcrs.push_back(replay(log, bank));
    }
  }
  const std::optional<HashAlgorithm> bank = fullest_bank(log);
  if (!bank) {
    return;
  }
  const auto replayed =
      std::find_if(report.pcrs.begin(), report.pcrs.end(),
                   [&bank](const PcrBank& pcrs) { return pcrs.algorithm() == *bank; });
  report.proven.emplace(log, *bank, replayed->mask());
  report.claims = draw_boot_claims(*report.proven, list);
  read_esxi_boot(*report.proven, known_esxi_format(), report.esxi);
  const Findings events = event_findings(*report.proven);
  report.findings.insert(report.findings.end(), events.begin(), events.end());
  const Findings esxi = esxi_log_findings(report.esxi);
  report.findings.insert(report.findings.end(), esxi.begin(), esxi.end());
}

void read_joined_log(ByteView file, ByteView final_events, const DbxList* list, LogReport& report) {
  Result<JoinedLog> joined = join_final_events(file, final_events);
  if (joined) {
    report.joined = std::move(*joined);
    read_log(report.joined->log, list, report);
    return;
  }
  read_log(file, list, report);
  Finding finding{.code = FindingCode::kLogMalformed, .severity = Severity::kFail};
  finding.event = static_cast<std::uint32_t>(report.reading.log.events.size());
  finding.subject = joined.error().to_string();
  report.findings.push_back(std::move(finding));
}

DecodedEvent decoded_event(const LogReport& report, const BootEvent& event) {
  const std::optional<EsxiEvent> esxi = esxi_event(event, report.esxi, known_esxi_format());
  return esxi && esxi->tag ? describe(*esxi) : decode_event(event);
}

EventStanding standing_of(const LogReport& report, const BootEvent& event) {
  if (const auto esxi = esxi_event(event, report.esxi, known_esxi_format())) {
    const bool is_data = esxi->proof == ProofClass::kDataProven;
    return {esxi->proof, esxi->why, is_data ? "tagged_data" : "", nullptr};
  }
  if (!report.proven) {
    return {};
  }
  const EventProof& proof = report.proven->proof(event.number);
  return {proof.proof, proof.problem,
          proof.hashed == HashedPart::kNone ? std::string_view() : name_of(proof.hashed),
          proof.quirk};
}

void add_userspace(ByteView file, LogReport& report) {
  report.userspace = decode_userspace_log(file);
  for (PcrBank& bank : report.pcrs) {
    std::uint32_t unknown = 0;
    for (const BootEvent& event : report.reading.log.events) {
      if (event.is_measured() && event.pcr < limits::kPcrCount && !bank.has(event.pcr)) {
        unknown |= 1U << event.pcr;
      }
    }
    bank = extended(bank, *report.userspace, unknown);
  }
  if (report.userspace->broken) {
    Finding finding{.code = FindingCode::kLogMalformed, .severity = Severity::kFail};
    finding.event = static_cast<std::uint32_t>(report.userspace->records.size());
    finding.subject = report.userspace->broken->to_string();
    report.findings.push_back(std::move(finding));
  }
}

}  // namespace quotemill::offline
