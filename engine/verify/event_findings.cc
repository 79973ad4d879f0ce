#include "engine/verify/event_findings.h"

#include <map>

#include "engine/crypto/hash.h"
#include "engine/eventlog/event_description.h"
#include "engine/eventlog/event_type.h"

namespace quotemill {
namespace {

constexpr std::uint32_t kFirmwarePcrsEnd = 8;  // PCR 0 to 7 (PFP 1.06, table 1)

class EventFindings {
 public:
  explicit EventFindings(const ProvenLog& log) : log_(log) {}

  Findings run() {
    for (const BootEvent& event : log_.log().events) {
      read(event);
    }
    add_excuses();
    read_separators();
    return std::move(findings_);
  }

 private:
  Finding& add(FindingCode code, Severity severity, const BootEvent& event) {
    Finding finding{.code = code, .severity = severity};
    finding.pcr = event.pcr;
    finding.event = event.number;
    finding.event_type = event.type;
    finding.digest = Digest::from(log_.bank(), event.digest(log_.bank()));
    finding.subject = describe(event);
    return findings_.emplace_back(std::move(finding));
  }

  void read(const BootEvent& event) {
    const EventProof& proof = log_.proof(event.number);
    if (proof.proof == ProofClass::kNotMeasured) {
      return;
    }
    switch (proof.problem) {
      case ProofProblem::kNone:
      case ProofProblem::kDigestAbsent:  // the reading has a remark of it
        break;
      case ProofProblem::kDataDiffers:
        add(FindingCode::kLogEventData, Severity::kWarning, event);
        break;
      case ProofProblem::kUnknownType:
      case ProofProblem::kMisplaced:
        add(FindingCode::kLogEventType, Severity::kWarning, event);
        break;
    }
    if (proof.quirk != nullptr) {
      ++excused_[proof.quirk];
    }
    compare_banks(event, proof);
    if (event.type == event_type::kSeparator) {
      read_separator(event);
    }
  }

  void compare_banks(const BootEvent& event, const EventProof& proof) {
    for (const HashAlgorithm bank : log_.log().banks) {
      if (bank == log_.bank() || !can_hash(bank) || event.digest(bank).empty()) {
        continue;
      }
      if (log_.proof_in(event, bank).proof != proof.proof && proof.problem != ProofProblem::kDigestAbsent) {
        add(FindingCode::kLogEventBanks, Severity::kWarning, event);
        return;
      }
    }
  }

  void add_excuses() {
    for (const auto& [quirk, events] : excused_) {
      Finding finding{.code = FindingCode::kLogEventQuirk, .severity = Severity::kInfo};
      finding.subject = std::string(quirk->id) + ": " + std::string(quirk->deviates);
      finding.seen_number = events;
      findings_.push_back(std::move(finding));
    }
  }

  void read_separator(const BootEvent& event) {
    constexpr std::uint8_t kError = 1;
    if (event.data.size() == 4 && event.data[0] == kError) {
      add(FindingCode::kLogSeparator, Severity::kFail, event).subject =
          "the firmware reports an error";
    }
  }

  // Only logs of a firmware have them; one that starts later, or is an excerpt, has none at all.
  void read_separators() {
    bool any = false;
    for (std::uint32_t pcr = 0; pcr < kFirmwarePcrsEnd; ++pcr) {
      any = any || log_.separator_count(pcr) > 0;
    }
    for (std::uint32_t pcr = 0; any && pcr < kFirmwarePcrsEnd; ++pcr) {
      judge_separator(pcr);
    }
  }

  void judge_separator(std::uint32_t pcr) {
    Finding finding{.code = FindingCode::kLogSeparator, .severity = Severity::kWarning};
    finding.pcr = pcr;
    finding.event = log_.separator(pcr);
    const std::uint32_t count = log_.separator_count(pcr);
    if (count == 0) {
      if (!has_events(pcr)) {
        return;  // a PCR that nothing was measured into is a finding of whoever has its value
      }
      finding.subject = "there is none";
    } else if (count > 1) {
      finding.subject = "there are " + std::to_string(count);
    } else if (log_.log().events[*log_.separator(pcr)].type != event_type::kSeparator) {
      finding.subject = "it is labelled as something else";
      finding.severity = Severity::kFail;
    } else {
      return;
    }
    findings_.push_back(std::move(finding));
  }

  [[nodiscard]] bool has_events(std::uint32_t pcr) const {
    for (const BootEvent& event : log_.log().events) {
      if (event.pcr == pcr && event.is_measured()) {
        return true;
      }
    }
    return false;
  }

  const ProvenLog& log_;
  std::map<const Quirk*, std::uint64_t> excused_;  // events of each
  Findings findings_;
};

}  // namespace

Findings event_findings(const ProvenLog& log) {
  return EventFindings(log).run();
}

}  // namespace quotemill
