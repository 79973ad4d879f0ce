#include "engine/verdict/latch.h"

#include <algorithm>
#include <string>
#include <utility>

namespace quotemill {
namespace {

bool latches(const Finding& finding, std::span<const FindingCode> codes) {
  return finding.severity != Severity::kInfo &&
         std::find(codes.begin(), codes.end(), finding.code) != codes.end();
}

// Numbers within logs and counters move on from boot to boot.
bool is_same(const Finding& left, const Finding& right) {
  return left.code == right.code && left.pcr == right.pcr && left.digest == right.digest &&
         left.subject == right.subject;
}

bool finds(const Verdict& verdict, const Finding& latched) {
  return std::any_of(verdict.findings.begin(), verdict.findings.end(),
                     [&](const Finding& found) { return is_same(found, latched); });
}

// A milder rule of today does not let go of what was found under the rule of then.
bool finds_as_bad(const Verdict& verdict, const Finding& latched) {
  return std::any_of(verdict.findings.begin(), verdict.findings.end(), [&](const Finding& found) {
    return is_same(found, latched) && found.severity >= latched.severity;
  });
}

bool has_room(const Latches& latches, FindingCode code) {
  const auto of_code =
      std::count_if(latches.all.begin(), latches.all.end(),
                    [code](const Latch& latch) { return latch.finding.code == code; });
  return latches.all.size() < kLatchesMax && static_cast<std::size_t>(of_code) < kLatchesOfCodeMax;
}

void add(const Finding& finding, WallTime now, std::uint64_t sequence, Latches& out) {
  const auto known = std::find_if(out.all.begin(), out.all.end(), [&](const Latch& latch) {
    return is_same(latch.finding, finding);
  });
  if (known == out.all.end()) {
    if (has_room(out, finding.code)) {
      out.all.push_back({finding, now, sequence});
    } else {
      out.is_full = true;
    }
    return;
  }
  if (finding.severity > known->finding.severity) {
    known->finding.severity = finding.severity;
    known->is_acknowledged = false;  // this is worse than what was acknowledged
  }
}

std::shared_ptr<const Latches> shared(Latches latches) {
  return latches.all.empty() ? nullptr : std::make_shared<const Latches>(std::move(latches));
}

Finding held_finding(const Latch& latch) {
  Finding finding;
  finding.code = FindingCode::kLatchHeld;
  finding.severity = latch.finding.severity;
  finding.digest = latch.finding.digest;
  finding.expected = latch.finding.expected;
  finding.subject = std::string(name_of(latch.finding.code)) + ": " + message_of(latch.finding);
  if (finding.subject.size() > kLatchSubjectMax) {
    finding.subject.resize(kLatchSubjectMax - 3);
    finding.subject += "...";
  }
  finding.seen_number = static_cast<std::uint64_t>(latch.since.ms);
  finding.expected_number = latch.sequence;
  return finding;
}

}  // namespace

bool can_latch(FindingCode code) {
  switch (code) {
    case FindingCode::kFreshnessUnchecked:
    case FindingCode::kQuoteAttestationKey:
    case FindingCode::kIdentityRetired:
    case FindingCode::kPolicyNone:
    case FindingCode::kLatchHeld:
    case FindingCode::kStaleNoContact:
      return false;
    default:
      return true;
  }
}

std::shared_ptr<const Latches> latched(std::shared_ptr<const Latches> before,
                                       const Verdict& verdict, std::span<const FindingCode> codes,
                                       WallTime now, std::uint64_t sequence) {
  if (!before && codes.empty()) {
    return before;
  }
  Latches after = before ? *before : Latches();
  std::erase_if(after.all, [&](const Latch& latch) {
    return latch.is_acknowledged && !finds(verdict, latch.finding);
  });
  for (const Finding& finding : verdict.findings) {
    if (latches(finding, codes)) {
      add(finding, now, sequence, after);
    }
  }
  return before && after == *before ? std::move(before) : shared(std::move(after));
}

Verdict held(Verdict verdict, const Latches* latches) {
  const auto is_of_latch = [](const Finding& finding) {
    return finding.code == FindingCode::kLatchHeld;
  };
  if (latches == nullptr &&
      std::none_of(verdict.findings.begin(), verdict.findings.end(), is_of_latch)) {
    return verdict;
  }
  Findings findings = std::move(verdict.findings);
  const bool was_held = std::erase_if(findings, is_of_latch) != 0;
  verdict.findings = findings;
  bool is_held = false;
  if (latches != nullptr) {
    for (const Latch& latch : latches->all) {
      if (!latch.is_acknowledged && !finds_as_bad(verdict, latch.finding)) {
        findings.push_back(held_finding(latch));
        is_held = true;
      }
    }
  }
  if (!was_held && !is_held) {
    return verdict;
  }
  const std::uint32_t dropped_before = verdict.findings_dropped;
  Verdict decided = decide(std::move(findings));
  verdict.state = decided.state;
  verdict.findings = std::move(decided.findings);
  verdict.findings_dropped = dropped_before + decided.findings_dropped;
  return verdict;
}

std::optional<Acknowledgement> acknowledge(const Latches* latches, std::optional<FindingCode> code,
                                           const Verdict& verdict) {
  if (latches == nullptr) {
    return std::nullopt;
  }
  Acknowledgement out;
  Latches left;
  for (const Latch& latch : latches->all) {
    const bool is_meant = !latch.is_acknowledged && (!code || latch.finding.code == *code);
    if (is_meant) {
      out.acknowledged.push_back(latch.finding);
    }
    if (!is_meant || finds(verdict, latch.finding)) {
      left.all.push_back(latch);
      left.all.back().is_acknowledged = latch.is_acknowledged || is_meant;
    }
  }
  if (out.acknowledged.empty()) {
    return std::nullopt;
  }
  left.is_full = latches->is_full && code.has_value();
  out.latches = shared(std::move(left));
  return out;
}

void put_latching_first(Findings& findings, std::span<const FindingCode> codes) {
  if (!codes.empty()) {
    std::stable_partition(findings.begin(), findings.end(),
                          [codes](const Finding& finding) { return latches(finding, codes); });
  }
}

}  // namespace quotemill
