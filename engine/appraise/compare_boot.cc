#include "engine/appraise/compare_boot.h"

#include <algorithm>
#include <map>

#include "engine/eventlog/event_description.h"

namespace quotemill {
namespace {

struct Reference {
  const ReferenceEvent* event = nullptr;
  Digest digest;
};

std::vector<EventClaim> claims_of(const Claims& claims, std::uint32_t pcr) {
  std::vector<EventClaim> events;
  std::copy_if(claims.events.begin(), claims.events.end(), std::back_inserter(events),
               [pcr](const EventClaim& claim) { return claim.event->pcr == pcr; });
  return events;
}

std::vector<Reference> references_of(const Baseline& baseline, std::uint32_t pcr,
                                     HashAlgorithm bank) {
  std::vector<Reference> references;
  for (const ReferenceEvent& event : baseline.events) {
    const auto digest = std::find_if(event.digests.begin(), event.digests.end(),
                                     [bank](const Digest& d) { return d.algorithm() == bank; });
    if (event.pcr == pcr && digest != event.digests.end()) {
      references.push_back({&event, *digest});
    }
  }
  return references;
}

// What is left of both sides after each event took a reference with the same digest.
struct Difference {
  std::vector<EventClaim> unknown;
  std::vector<Reference> missing;
};

Difference difference_of(const std::vector<EventClaim>& events,
                         const std::vector<Reference>& references) {
  std::multimap<Digest, std::size_t> unused;
  for (std::size_t i = 0; i < references.size(); ++i) {
    unused.emplace(references[i].digest, i);
  }
  Difference difference;
  for (const EventClaim& claim : events) {
    const auto found = unused.find(claim.digest);
    if (found == unused.end()) {
      difference.unknown.push_back(claim);
    } else {
      unused.erase(found);
    }
  }
  std::vector<std::size_t> left;
  std::transform(unused.begin(), unused.end(), std::back_inserter(left),
                 [](const auto& entry) { return entry.second; });
  std::sort(left.begin(), left.end());
  for (const std::size_t index : left) {
    difference.missing.push_back(references[index]);
  }
  return difference;
}

Finding finding_of(FindingCode code, Severity severity, const EventClaim& claim) {
  Finding finding;
  finding.code = code;
  finding.severity = severity;
  finding.pcr = claim.event->pcr;
  finding.event = claim.event->number;
  finding.event_type = claim.event->type;
  finding.digest = claim.digest;
  finding.subject = describe(*claim.event);
  return finding;
}

Finding missing_finding(Severity severity, const Reference& reference) {
  Finding finding;
  finding.code = FindingCode::kBootEventMissing;
  finding.severity = severity;
  finding.pcr = reference.event->pcr;
  finding.event_type = reference.event->type;
  finding.expected = reference.digest;
  finding.subject = reference.event->description;
  return finding;
}

// An unknown event stands for the first missing reference of its type: a boot loader that was
// replaced is one finding, not two.
Findings findings_of(const Difference& difference, Severity severity) {
  Findings findings;
  std::map<std::uint32_t, std::vector<const Reference*>> missing_by_type;
  for (auto it = difference.missing.rbegin(); it != difference.missing.rend(); ++it) {
    missing_by_type[it->event->type].push_back(&*it);
  }
  for (const EventClaim& claim : difference.unknown) {
    std::vector<const Reference*>& candidates = missing_by_type[claim.event->type];
    if (candidates.empty()) {
      findings.push_back(finding_of(FindingCode::kBootEventUnexpected, severity, claim));
      continue;
    }
    Finding finding = finding_of(FindingCode::kBootEventDigestUnknown, severity, claim);
    finding.expected = candidates.back()->digest;
    candidates.pop_back();
    findings.push_back(std::move(finding));
  }
  for (const auto& [type, references] : missing_by_type) {
    for (auto it = references.rbegin(); it != references.rend(); ++it) {
      findings.push_back(missing_finding(severity, **it));
    }
  }
  return findings;
}

}  // namespace

Findings compare_pcr(const Claims& claims, const Baseline& baseline, std::uint32_t pcr,
                     Severity severity) {
  const std::vector<EventClaim> events = claims_of(claims, pcr);
  const std::vector<Reference> references = references_of(baseline, pcr, claims.bank);
  const auto same = [](const EventClaim& claim, const Reference& reference) {
    return claim.digest == reference.digest;
  };
  const auto [event, reference] =
      std::mismatch(events.begin(), events.end(), references.begin(), references.end(), same);
  if (event == events.end() && reference == references.end()) {
    return {};
  }
  const Difference difference = difference_of(events, references);
  if (difference.unknown.empty() && difference.missing.empty()) {
    return {finding_of(FindingCode::kBootEventOrder, severity, *event)};
  }
  return findings_of(difference, severity);
}

}  // namespace quotemill
