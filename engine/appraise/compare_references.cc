#include "engine/appraise/compare_references.h"

#include <algorithm>
#include <cctype>
#include <set>

#include "engine/base/text.h"
#include "engine/eventlog/event_description.h"
#include "engine/eventlog/proof/loads_nothing.h"

namespace quotemill {
namespace {

constexpr std::size_t kAllowedTold = 4;      // names in a sentence
constexpr std::size_t kAllowedFindings = 4;  // of one PCR that look for names

using ReferenceSets = std::vector<std::shared_ptr<const Baseline>>;

// "\\EFI\\debian\\shimx64.efi" and "EFI/shimx64.efi.signed" name the same file more or less.
std::string stem_of(std::string_view path) {
  path = path.substr(path.find_last_of("/\\") + 1);
  std::string stem(path.substr(0, path.find_first_of(".- )")));
  std::transform(stem.begin(), stem.end(), stem.begin(), [](char c) {
    return static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  });
  return stem;
}

// The known things that could have been there instead: "shimx64.efi 15.7, shimx64.efi 15.8".
std::string allowed_instead(const ReferenceSets& sets, const Finding& finding) {
  const std::string stem = stem_of(finding.subject);
  std::set<std::string> names;
  for (const auto& set : sets) {
    for (const ReferenceValue& value : set->values) {
      const bool is_alike = value.pcr == finding.pcr && value.kind != ReferenceKind::kPcr &&
                            !stem.empty() && stem_of(value.name) == stem;
      if (is_alike) {
        names.insert(escaped(value.name) +
                     (value.version.empty() ? "" : " " + escaped(value.version)));
      }
    }
  }
  std::string text;
  std::size_t told = 0;
  for (const std::string& name : names) {
    if (++told > kAllowedTold) {
      return text + " and " + std::to_string(names.size() - kAllowedTold) + " more";
    }
    text += (text.empty() ? "" : ", ") + name;
  }
  return text;
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
  std::size_t unknown = 0;
  for (const EventClaim& claim : claims.events.of(pcr)) {
    const std::optional<Digest> digest = Digest::from(claims.bank, claim.digest);
    if (digest && !knows_event(sets, *digest, pcr) && !loads_nothing(*claim.event, claims.bank)) {
      findings.push_back(unknown_event(claim, *digest, severity));
      if (++unknown <= kAllowedFindings) {
        findings.back().allowed = allowed_instead(sets, findings.back());
      }
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

bool knows_event(std::span<const std::shared_ptr<const Baseline>> sets, const Digest& digest,
                 std::uint32_t pcr) {
  return std::any_of(sets.begin(), sets.end(), [&](const auto& set) {
    return find_event(set->values, digest, pcr) != nullptr;
  });
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
