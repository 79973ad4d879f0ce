#include "engine/appraise/compare_references.h"

#include <algorithm>

#include "engine/crypto/hash.h"
#include "engine/eventlog/event_description.h"
#include "engine/eventlog/event_type.h"

namespace quotemill {
namespace {

constexpr std::size_t kSeparatorSize = 4;
constexpr std::size_t kActionSizeMax = 128;  // the longest of the specification has 41

using ReferenceSets = std::vector<std::shared_ptr<const Baseline>>;

bool is_action_text(ByteView data) {
  return data.size() <= kActionSizeMax && std::all_of(data.begin(), data.end(), [](auto byte) {
           return byte >= 0x20 && byte < 0x7F;
         });
}

bool knows_event(const ReferenceSets& sets, const Digest& digest, std::uint32_t pcr) {
  return std::any_of(sets.begin(), sets.end(), [&](const auto& set) {
    return find_event(set->values, digest, pcr) != nullptr;
  });
}

bool knows_value(const ReferenceSets& sets, const Digest& digest, std::uint32_t pcr) {
  return std::any_of(sets.begin(), sets.end(), [&](const auto& set) {
    return find_pcr_value(set->values, digest, pcr) != nullptr;
  });
}

Finding unknown_event(const EventClaim& claim, const Digest& digest, Severity severity) {
  Finding finding;
  finding.code = FindingCode::kBootReferenceUnknown;
  finding.severity = severity;
  finding.pcr = claim.event->pcr;
  finding.event = claim.event->number;
  finding.event_type = claim.event->type;
  finding.digest = digest;
  finding.subject = describe(*claim.event);
  return finding;
}

void check_events(const Claims& claims, const ReferenceSets& sets, std::uint32_t pcr,
                  Severity severity, Findings& findings) {
  for (const EventClaim& claim : claims.events.of(pcr)) {
    const std::optional<Digest> digest = Digest::from(claims.bank, claim.digest);
    if (digest && !knows_event(sets, *digest, pcr) &&
        !needs_no_reference(*claim.event, claim.digest, claims.bank)) {
      findings.push_back(unknown_event(claim, *digest, severity));
    }
  }
}

void check_value(const PcrBank& quoted, const ReferenceSets& sets, std::uint32_t pcr,
                 Severity severity, Findings& findings) {
  if (!quoted.has(pcr) || knows_value(sets, quoted.at(pcr), pcr)) {
    return;
  }
  Finding finding;
  finding.code = FindingCode::kBootReferenceValue;
  finding.severity = severity;
  finding.pcr = pcr;
  finding.digest = quoted.at(pcr);
  findings.push_back(std::move(finding));
}

void note_absent(const Snapshot& snapshot, Findings& findings) {
  const std::optional<Severity> severity = severity_of(snapshot.policy().boot.no_baseline);
  if (!severity) {
    return;
  }
  for (const std::string& name : snapshot.absent_sets()) {
    Finding finding;
    finding.code = FindingCode::kBootReferenceAbsent;
    finding.severity = *severity;
    finding.subject = name;
    findings.push_back(std::move(finding));
  }
}

}  // namespace

bool needs_no_reference(const BootEvent& event, ByteView digest, HashAlgorithm bank) {
  const bool is_separator =
      event.type == event_type::kSeparator && event.data.size() == kSeparatorSize;
  const bool is_action =
      (event.type == event_type::kEfiAction || event.type == event_type::kAction) &&
      is_action_text(event.data);
  return (is_separator || is_action) && can_hash(bank) &&
         equal(hash(bank, event.data).view(), digest);
}

Findings compare_references(const Claims& claims, const PcrBank& quoted, const Snapshot& snapshot) {
  Findings findings;
  const BootRules& rules = snapshot.policy().boot;
  if (rules.references.empty()) {
    return findings;
  }
  note_absent(snapshot, findings);
  const std::optional<Severity> severity = severity_of(rules.unreferenced);
  if (!severity) {
    Finding finding;
    finding.code = FindingCode::kPolicyNoRule;  // never silently fine
    finding.severity = Severity::kWarning;
    findings.push_back(std::move(finding));
    return findings;
  }
  for (std::uint32_t pcr = 0; pcr < limits::kPcrCount; ++pcr) {
    if ((rules.reference_events & claims.proven_pcrs) >> pcr & 1U) {
      check_events(claims, snapshot.reference_sets(), pcr, *severity, findings);
    }
    if (rules.reference_values >> pcr & 1U) {
      check_value(quoted, snapshot.reference_sets(), pcr, *severity, findings);
    }
  }
  return findings;
}

}  // namespace quotemill
