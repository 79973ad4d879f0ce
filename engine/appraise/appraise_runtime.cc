#include "engine/appraise/appraise_runtime.h"

#include <array>
#include <set>
#include <utility>

#include "engine/appraise/appraise_ima.h"
#include "engine/eventlog/boot_aggregate.h"
#include "engine/verdict/latch.h"
#include "engine/verdict/verdict.h"
#include "engine/verify/ima_follower.h"

namespace quotemill {
namespace {

std::optional<Finding> finding_for(FindingCode code, RuleAction action, std::string subject = {}) {
  const std::optional<Severity> severity = severity_of(action);
  if (!severity) {
    return std::nullopt;
  }
  Finding finding;
  finding.code = code;
  finding.severity = *severity;
  finding.pcr = kImaPcr;
  finding.subject = std::move(subject);
  return finding;
}

class RuntimeAppraisal {
 public:
  RuntimeAppraisal(const VerifiedQuote& quote, const RuntimeProof* before, const Snapshot& snapshot)
      : quote_(quote), snapshot_(snapshot), rules_(snapshot.policy().runtime) {
    if (before != nullptr) {
      now_ = *before;
    } else {
      now_.generation = quote.header().generation;
      now_.reset_count = quote.quote().clock.reset_count;
      now_.boot_id = quote.header().boot_id;
      now_.rules = snapshot.runtime_id();
      now_.list = ImaState::of_boot(quote.pcrs().algorithm());
    }
    entry_rules_.references = snapshot.runtime_references();
    entry_rules_.exclusions = &rules_.excluded;
    entry_rules_.keyring = rules_.keyring.get();
    entry_rules_.signatures = rules_.all_signed ? ImaSignatures::kAll : ImaSignatures::kWhereNeeded;
  }

  RuntimeAppraised run(ByteView piece) && {
    findings_ = std::move(now_.findings);
    const ImaState before = now_.list;
    ImaFollower follower(before, quote_);
    follower.add(piece, [](const ImaEntry&, std::uint64_t) {});
    ImaStep step = std::move(follower).finish();
    now_.list = step.next;
    if (step.proven) {
      now_.pcr = quote_.pcrs().at(kImaPcr);
      judge_entries(piece.first(step.next.proven_size - before.proven_size), before);
      if (before.progress.entries() == 0) {
        judge_aggregate();
        judge_means();
      }
    }
    put_latching_first(findings_, snapshot_.policy().latch);
    now_.findings = decide(std::move(findings_)).findings;
    RuntimeAppraised out{std::move(now_), std::move(step.findings)};
    out.findings.insert(out.findings.end(), out.proof.findings.begin(), out.proof.findings.end());
    return out;
  }

 private:
  // Behind the bound only what makes the verdict worse: the first of each code and severity.
  void add(std::optional<Finding> finding) {
    if (finding && (kinds_.insert({finding->code, finding->severity}).second ||
                    findings_.size() < limits::kImaFindingsMax)) {
      findings_.push_back(std::move(*finding));
    }
  }

  // Of entries that the quote proves: the list's beginning is judged once, and never again.
  void judge_entries(ByteView proven, const ImaState& before) {
    entry_rules_.boot_aggregate = now_.list.boot_aggregate;
    ImaReader reader(proven, now_.list.template_hash_size);
    std::uint64_t number = before.progress.entries();
    while (const ImaEntry* entry = reader.next()) {
      const ImaJudgement judgement = appraise_ima_entry(entry_rules_, *entry);
      for (ImaRemark remark : judgement.remarks()) {
        if (const std::optional<Severity> severity = severity_for(remark)) {
          remark.severity = *severity;
          add(finding_of(remark, judgement, *entry, number));
        }
      }
      ++number;
    }
  }

  [[nodiscard]] std::optional<Severity> severity_for(const ImaRemark& remark) const {
    if (remark.code == FindingCode::kImaFileUnknown) {
      return severity_of(rules_.unknown_file);
    }
    if (remark.code == FindingCode::kImaViolation) {
      return severity_of(rules_.violation);
    }
    return remark.severity;
  }

  void judge_aggregate() {
    if (!now_.list.boot_aggregate) {
      add(Finding{.code = FindingCode::kImaBootAggregateAbsent,
                  .severity = Severity::kWarning,
                  .pcr = kImaPcr,
                  .event = 0});
      return;
    }
    const BootAggregateCheck check =
        check_boot_aggregate(*now_.list.boot_aggregate, std::array{quote_.pcrs()});
    if (check.state == BootAggregateState::kNoValues) {
      add(Finding{.code = FindingCode::kImaBootAggregateAbsent,
                  .severity = Severity::kInfo,
                  .pcr = kImaPcr,
                  .event = 0,
                  .digest = now_.list.boot_aggregate,
                  .subject = "the quote does not show the PCRs that it is of"});
    }
    if (check.state == BootAggregateState::kDiffers || check.state == BootAggregateState::kNoTpm) {
      add(Finding{.code = FindingCode::kImaBootAggregate,
                  .pcr = kImaPcr,
                  .event = 0,
                  .digest = now_.list.boot_aggregate,
                  .expected = check.expected});
    }
  }

  void judge_means() {
    if (entry_rules_.references == nullptr && entry_rules_.keyring == nullptr) {
      add(finding_for(FindingCode::kImaReferencesAbsent, rules_.no_reference));
    }
    for (const std::string& name : snapshot_.absent_runtime_sets()) {
      add(finding_for(FindingCode::kImaReferencesAbsent, rules_.no_reference, name));
    }
  }

  const VerifiedQuote& quote_;
  const Snapshot& snapshot_;
  const RuntimeRules& rules_;
  ImaRules entry_rules_;
  RuntimeProof now_;
  Findings findings_;
  std::set<std::pair<FindingCode, Severity>> kinds_;  // of findings_
};

}  // namespace

bool is_of_this_boot(const RuntimeProof& before, const VerifiedQuote& quote,
                     const Snapshot& snapshot) {
  return before.generation == quote.header().generation &&
         before.reset_count == quote.quote().clock.reset_count &&
         before.boot_id == quote.header().boot_id && before.rules == snapshot.runtime_id();
}

bool is_as_proven(const RuntimeProof& before, const VerifiedQuote& quote) {
  return before.list.unproven() == 0 && before.list.progress.entries() > 0 &&
         before.pcr == quote.pcrs().at(kImaPcr);
}

RuntimeAppraised appraise_runtime(const VerifiedQuote& quote, const RuntimeProof* before,
                                  ByteView piece, const Snapshot& snapshot) {
  return RuntimeAppraisal(quote, before, snapshot).run(piece);
}

Findings appraise_absent_list(const Snapshot& snapshot) {
  Findings findings;
  if (const auto finding = finding_for(FindingCode::kImaAbsent, snapshot.policy().runtime.absent)) {
    findings.push_back(*finding);
  }
  return findings;
}

}  // namespace quotemill
