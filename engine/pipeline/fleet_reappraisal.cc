#include "engine/pipeline/fleet_reappraisal.h"

#include <algorithm>
#include <utility>

#include "engine/appraise/appraise.h"
#include "engine/appraise/appraise_stored.h"
#include "engine/pipeline/findings_of_proof.h"
#include "engine/verdict/latch.h"
#include "engine/verify/verify.h"

namespace quotemill {
namespace {

constexpr std::size_t kKeys = 1'024;  // bound: parsed keys, each used once or twice

Reappraisal of_kind(ReappraisalKind kind) {
  Reappraisal out;
  out.kind = kind;
  return out;
}

Reappraisal failed(Error error) {
  if (error.code == ErrorCode::kExpired) {
    return of_kind(ReappraisalKind::kOvertaken);
  }
  Reappraisal out;
  out.error = std::move(error);
  return out;
}

bool has(const Findings& findings, FindingCode code) {
  return std::any_of(findings.begin(), findings.end(),
                     [code](const Finding& finding) { return finding.code == code; });
}

// The proof is that of the last evidence, and the verdict has all findings that went into it.
bool says_all(const HostRecord& record, const HostState& state) {
  return state.proof && state.proof->generation == record.generation && state.counters &&
         state.counters->clock.reset_count == state.proof->reset_count &&
         state.verdict.findings_dropped == 0 &&
         !has(state.verdict.findings, FindingCode::kLogAbsent) &&
         !has(state.verdict.findings, FindingCode::kPolicyNone) &&
         !has(state.verdict.findings, FindingCode::kPolicyNoRule);
}

// The times are those of the evidence: judging it again makes nobody fresh.
Verdict decided(Findings findings, const HostState& state, const Snapshot& snapshot) {
  Verdict verdict = decide(std::move(findings));
  verdict.snapshot = snapshot.id();
  verdict.fresh_from = state.verdict.fresh_from;
  verdict.valid_until.ms = verdict.fresh_from.ms + snapshot.policy().freshness.stale_after_ms;
  return verdict;
}

// The log and the values are its own: PCR 10 is another one on each host.
std::shared_ptr<const BootProof> proof_under(const Snapshot& snapshot, const BootProof& own,
                                             Findings findings) {
  auto proof = std::make_shared<BootProof>(own);
  proof->snapshot = snapshot.id();
  proof->findings = std::move(findings);
  return proof;
}

Error does_not_hold(const Host& host) {
  return {ErrorCode::kStorage, "evidence", 0,
          "that of " + host.record->uid.hex() + " is not what it was judged by any more"};
}

}  // namespace

bool is_judged_by_state(const Host& host) {
  return !fails_under_any_policy(host.state->verdict) && says_all(*host.record, *host.state);
}

FleetReappraisal::FleetReappraisal(FleetReappraisalParts parts)
    : parts_(std::move(parts)), memo_(*parts_.logs, parts_.history), keys_(kKeys) {}

Reappraisal FleetReappraisal::judge(const Host& host, ExtendMemo& extends) noexcept {
  try {
    Reappraisal out = judge_host(host, extends);
    if (out.kind == ReappraisalKind::kVerdict) {
      out.verdict = held(std::move(out.verdict), host.state->latches.get());
    }
    return out;
  } catch (...) {
    // Out of memory, at most.
    return failed({ErrorCode::kInternal, "reappraise"});
  }
}

Reappraisal FleetReappraisal::judge_host(const Host& host, ExtendMemo& extends) {
  const HostState& state = *host.state;
  if (state.sequence == 0 || state.generation != host.record->generation ||
      state.evidence.is_filled_with(0)) {
    return of_kind(ReappraisalKind::kNoEvidence);
  }
  if (state.state == TrustState::kStale) {
    return of_kind(ReappraisalKind::kSilent);
  }
  const auto& snapshot =
      parts_.policies->snapshot_for(traits_of(*host.record, view_of(state.facts)));
  Reappraisal out = of_kind(ReappraisalKind::kVerdict);
  if (snapshot->is_of_nobody()) {
    Finding finding;
    finding.code = FindingCode::kPolicyNone;
    finding.severity = Severity::kWarning;
    out.verdict = decided({finding}, state, *snapshot);
    return out;
  }
  const Case one{host, snapshot, extends};
  if (fails_under_any_policy(state.verdict)) {
    out.verdict = state.verdict;
    return out;
  }
  return says_all(*host.record, state) ? judge_by_state(one) : judge_whole(one);
}

Reappraisal FleetReappraisal::judge_by_state(const Case& one) {
  const HostState& state = *one.host.state;
  std::optional<Findings> runtime = appraise_stored_runtime(state, *one.snapshot);
  if (!runtime) {
    return of_kind(ReappraisalKind::kOldEvidence);
  }
  BootMemo::Proof proof = proof_of(one);
  if (!proof) {
    return failed(proof.error());
  }
  if (parts_.signatures == StoredSignatures::kChecked) {
    if (const Result<void> held = check_signature(one, *proof); !held) {
      return failed(held.error());
    }
  }
  Findings findings = appraise_stored_step(state.verdict, *one.snapshot);
  append(appraise_stored_quote(*one.host.record, state, *one.snapshot), findings);
  append(*std::move(runtime), findings);
  append(Findings((*proof)->findings), findings);
  Reappraisal out =
      of_kind(has(findings, FindingCode::kPolicyPcrsUnquoted) ? ReappraisalKind::kOldEvidence
                                                              : ReappraisalKind::kVerdict);
  out.verdict = decided(std::move(findings), state, *one.snapshot);
  out.proof = *std::move(proof);
  return out;
}

BootMemo::Proof FleetReappraisal::proof_of(const Case& one) {
  const std::shared_ptr<const BootProof>& own = one.host.state->proof;
  if (own->snapshot == one.snapshot->id()) {
    return own;
  }
  const BootMemo::Proof equal = memo_.find_or_prove(
      *own, *one.snapshot, [&](const Bytes* log) { return prove_by_log(one, log); });
  if (!equal) {
    return equal.error();
  }
  return proof_under(*one.snapshot, *own, (*equal)->findings);
}

BootMemo::Proof FleetReappraisal::prove_by_log(const Case& one, const Bytes* log) {
  BootMemo::Proof proof = asks_for_evidence(one) ? prove_by_evidence(one, log) : recall(one, log);
  if (proof) {
    logs_judged_.fetch_add(1);
  }
  return proof;
}

// What an ESXi host runs is for judge() to say, which is given what was found of others' software.
bool FleetReappraisal::asks_for_evidence(const Case& one) const {
  return parts_.signatures == StoredSignatures::kChecked || one.snapshot->policy().esxi.is_on;
}

BootMemo::Proof FleetReappraisal::recall(const Case& one, const Bytes* log) {
  const BootProof& own = *one.host.state->proof;
  if (log == nullptr) {
    const Result<Bytes> read = parts_.history.boot_log(own.log);
    return read ? recall(one, &*read) : read.error();
  }
  const std::optional<VerifiedBoot> boot = recall_boot(own, *log, &one.extends);
  if (!boot) {
    return does_not_hold(one.host);
  }
  return proof_under(*one.snapshot, own,
                     findings_of_proof(appraise_boot(*boot, *one.snapshot), *one.snapshot));
}

BootMemo::Proof FleetReappraisal::prove_by_evidence(const Case& one, const Bytes* log) {
  const Result<Judgement> judgement = judge_stored(one, one.host.state, log);
  if (!judgement) {
    return judgement.error();
  }
  if (!judgement->proof || judgement->proof->snapshot != one.snapshot->id()) {
    return does_not_hold(one.host);
  }
  return judgement->proof;
}

Result<void> FleetReappraisal::check_signature(const Case& one,
                                               std::shared_ptr<const BootProof> proof) {
  auto state = std::make_shared<HostState>(*one.host.state);
  state->proof = std::move(proof);
  const Result<Judgement> judgement = judge_stored(one, std::move(state), nullptr);
  if (!judgement) {
    return judgement.error();
  }
  return judgement->proof ? Result<void>() : does_not_hold(one.host);
}

Result<Judgement> FleetReappraisal::judge_stored(const Case& one,
                                                 std::shared_ptr<const HostState> state,
                                                 const Bytes* log) {
  Result<std::optional<Submission>> submission =
      stored_submission(one.host, parts_.history, StoredLog::kWithout);
  if (!submission) {
    return submission.error();
  }
  if (!submission->has_value()) {
    return does_not_hold(one.host);
  }
  if ((*submission)->challenge.sequence != one.host.state->sequence) {
    return Error{ErrorCode::kExpired, "evidence", 0, "the host attested meanwhile"};
  }
  const SoftwareMemoPool::Lease software = software_.take();
  Judgement judgement = quotemill::judge(
      **std::move(submission), {*parts_.policies, std::move(state), parts_.server_key, keys_,
                                parts_.history, uncounted_, one.extends, software.get(), log});
  if (judgement.kind == JudgementKind::kError) {
    return judgement.error;
  }
  return judgement;
}

Reappraisal FleetReappraisal::judge_whole(const Case& one) {
  const SoftwareMemoPool::Lease software = software_.take();
  Reappraisal out = reappraise(one.host, {*parts_.policies, parts_.server_key, keys_,
                                          parts_.history, one.extends, software.get()});
  out.proof = nullptr;
  if (out.kind != ReappraisalKind::kVerdict) {
    return out;
  }
  Findings findings = std::move(out.verdict.findings);
  const std::uint32_t dropped = out.verdict.findings_dropped;
  for (Finding& finding : appraise_stored_step(one.host.state->verdict, *one.snapshot)) {
    if (!has(findings, finding.code)) {
      findings.push_back(std::move(finding));
    }
  }
  out.verdict = decided(std::move(findings), *one.host.state, *one.snapshot);
  out.verdict.findings_dropped += dropped;
  return out;
}

}  // namespace quotemill
