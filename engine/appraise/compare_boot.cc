#include "engine/appraise/compare_boot.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <numeric>
#include <optional>
#include <string_view>
#include <vector>

#include "engine/eventlog/event_description.h"

namespace quotemill {
namespace {

// What is left of both sides after each event took a reference with the same digest. Borrowed.
struct Difference {
  std::vector<const EventClaim*> unknown;       // in the log's order
  std::vector<const ReferenceDigest*> missing;  // in the baseline's order
};

// The events of a PCR, sorted once to be held against many baselines.
class SortedEvents {
 public:
  // Borrows the events.
  explicit SortedEvents(std::span<const EventClaim> events) : events_(events) {
    sorted_.resize(events.size());
    std::iota(sorted_.begin(), sorted_.end(), 0U);
    std::stable_sort(
        sorted_.begin(), sorted_.end(),
        [this](std::uint32_t left, std::uint32_t right) { return digest(left) < digest(right); });
  }

  // Of events with one digest the first ones are taken, as often as the baseline has it.
  void compare(std::span<const ReferenceDigest> references, Difference& out) {
    out.unknown.clear();
    out.missing.clear();
    is_taken_.assign(events_.size(), false);
    taken_.assign(events_.size(), 0);
    for (const ReferenceDigest& reference : references) {
      if (!take(as_text(reference.digest.view()))) {
        out.missing.push_back(&reference);
      }
    }
    for (std::size_t i = 0; i < events_.size(); ++i) {
      if (!is_taken_[i]) {
        out.unknown.push_back(&events_[i]);
      }
    }
  }

 private:
  [[nodiscard]] std::string_view digest(std::uint32_t event) const {
    return as_text(events_[event].digest);
  }

  // The first event with the digest that is left; false if none is.
  bool take(std::string_view wanted) {
    const auto first = std::lower_bound(
        sorted_.begin(), sorted_.end(), wanted,
        [this](std::uint32_t event, std::string_view value) { return digest(event) < value; });
    const auto run = static_cast<std::size_t>(first - sorted_.begin());
    if (run == sorted_.size()) {
      return false;
    }
    const std::size_t next = run + taken_[run];
    if (next >= sorted_.size() || digest(sorted_[next]) != wanted) {
      return false;
    }
    ++taken_[run];
    is_taken_[sorted_[next]] = true;
    return true;
  }

  const std::span<const EventClaim> events_;
  std::vector<std::uint32_t> sorted_;  // places in events_, by digest
  std::vector<bool> is_taken_;         // by place in events_
  std::vector<std::uint32_t> taken_;   // by the first place in sorted_ of a digest: how often
};

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
    missing_by_type[(*it)->event->type].push_back(*it);
  }
  for (const EventClaim* claim : difference.unknown) {
    std::vector<const ReferenceDigest*>& candidates = missing_by_type[claim->event->type];
    if (candidates.empty()) {
      findings.push_back(finding_of(FindingCode::kBootEventUnexpected, severity, bank, *claim));
      continue;
    }
    Finding finding = finding_of(FindingCode::kBootEventDigestUnknown, severity, bank, *claim);
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

// How many findings_of() would make: of each type as many as there are of whichever is more.
std::size_t size_of(const Difference& difference) {
  struct Counts {
    std::size_t unknown = 0;
    std::size_t missing = 0;
  };

  std::map<std::uint32_t, Counts> by_type;
  for (const EventClaim* claim : difference.unknown) {
    ++by_type[claim->event->type].unknown;
  }
  for (const ReferenceDigest* reference : difference.missing) {
    ++by_type[reference->event->type].missing;
  }
  std::size_t size = 0;
  for (const auto& [type, counts] : by_type) {
    size += std::max(counts.unknown, counts.missing);
  }
  return size;
}

// How many of the events are those of the baseline, in its order; nullopt: all, and it has no more.
std::optional<std::size_t> first_difference(std::span<const EventClaim> events,
                                            std::span<const ReferenceDigest> expected) {
  const auto same = [](const EventClaim& claim, const ReferenceDigest& golden) {
    return equal(claim.digest, golden.digest.view());
  };
  const auto [event, golden] =
      std::mismatch(events.begin(), events.end(), expected.begin(), expected.end(), same);
  const bool is_whole = event == events.end() && golden == expected.end();
  return is_whole ? std::nullopt : std::optional(static_cast<std::size_t>(event - events.begin()));
}

}  // namespace

Findings compare_pcr(const Claims& claims, std::span<const BootReference* const> references,
                     std::uint32_t pcr, Severity severity) {
  const std::span<const EventClaim> events = claims.events.of(pcr);
  const auto explains = [&](const BootReference* reference) {
    return !first_difference(events, reference->sequence(claims.bank, pcr));
  };
  if (references.empty() || std::any_of(references.begin(), references.end(), explains)) {
    return {};
  }
  SortedEvents sorted(events);
  Difference difference;
  Difference nearest;
  std::size_t distance = SIZE_MAX;
  std::span<const ReferenceDigest> nearest_sequence;
  for (const BootReference* reference : references) {
    sorted.compare(reference->sequence(claims.bank, pcr), difference);
    // The same events in another order are one finding.
    const std::size_t size = std::max<std::size_t>(size_of(difference), 1);
    if (size < distance) {
      distance = size;
      nearest_sequence = reference->sequence(claims.bank, pcr);
      std::swap(nearest, difference);
    }
  }
  if (nearest.unknown.empty() && nearest.missing.empty()) {
    return {finding_of(FindingCode::kBootEventOrder, severity, claims.bank,
                       events[first_difference(events, nearest_sequence).value_or(0)])};
  }
  return findings_of(nearest, claims.bank, severity);
}

}  // namespace quotemill
