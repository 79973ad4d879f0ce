#include "engine/appraise/compare_boot.h"

#include <algorithm>
#include <map>
#include <string_view>

#include "engine/eventlog/event_description.h"

namespace quotemill {
namespace {

// What is left of both sides after each event took a reference with the same digest.
struct Difference {
  std::vector<EventClaim> unknown;
  std::vector<ReferenceDigest> missing;
};

Difference difference_of(std::span<const EventClaim> events,
                         std::span<const ReferenceDigest> references) {
  std::multimap<std::string_view, std::size_t> unused;
  for (std::size_t i = 0; i < references.size(); ++i) {
    unused.emplace(as_text(references[i].digest.view()), i);
  }
  Difference difference;
  for (const EventClaim& claim : events) {
    const auto found = unused.find(as_text(claim.digest));
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

Finding finding_of(FindingCode code, Severity severity, HashAlgorithm bank,
                   const EventClaim& claim) {
  Finding finding;
  finding.code = code;
  finding.severity = severity;
  finding.pcr = claim.event->pcr;
  finding.event = claim.event->number;
  finding.event_type = claim.event->type;
  finding.digest = Digest::from(bank, claim.digest);
  finding.subject = describe(*claim.event);
  return finding;
}

Finding missing_finding(Severity severity, const ReferenceDigest& reference) {
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
Findings findings_of(const Difference& difference, HashAlgorithm bank, Severity severity) {
  Findings findings;
  std::map<std::uint32_t, std::vector<const ReferenceDigest*>> missing_by_type;
  for (auto it = difference.missing.rbegin(); it != difference.missing.rend(); ++it) {
    missing_by_type[it->event->type].push_back(&*it);
  }
  for (const EventClaim& claim : difference.unknown) {
    std::vector<const ReferenceDigest*>& candidates = missing_by_type[claim.event->type];
    if (candidates.empty()) {
      findings.push_back(finding_of(FindingCode::kBootEventUnexpected, severity, bank, claim));
      continue;
    }
    Finding finding = finding_of(FindingCode::kBootEventDigestUnknown, severity, bank, claim);
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

Findings compare_pcr(const Claims& claims, const BootReference& reference, std::uint32_t pcr,
                     Severity severity) {
  const std::span<const EventClaim> events = claims.events.of(pcr);
  const std::span<const ReferenceDigest> expected = reference.sequence(claims.bank, pcr);
  const auto same = [](const EventClaim& claim, const ReferenceDigest& golden) {
    return equal(claim.digest, golden.digest.view());
  };
  const auto [event, golden] =
      std::mismatch(events.begin(), events.end(), expected.begin(), expected.end(), same);
  if (event == events.end() && golden == expected.end()) {
    return {};
  }
  const Difference difference = difference_of(events, expected);
  if (difference.unknown.empty() && difference.missing.empty()) {
    return {finding_of(FindingCode::kBootEventOrder, severity, claims.bank, *event)};
  }
  return findings_of(difference, claims.bank, severity);
}

}  // namespace quotemill
