#include "engine/pipeline/judge.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "engine/appraise/appraise.h"
#include "engine/appraise/appraise_runtime.h"
#include "engine/base/prefetch.h"
#include "engine/crypto/hash.h"
#include "engine/esxi/log/kept_log.h"
#include "engine/eventlog/final_events.h"
#include "engine/evidence/evidence_codec.h"
#include "engine/pipeline/findings_of_proof.h"
#include "engine/verdict/latch.h"
#include "engine/verify/verify.h"

namespace quotemill {
namespace {

// Of a boot log: a quarter of a usual second-level cache. Few logs have more.
constexpr std::size_t kLogPrefetchedMax = 256 * 1024;

FactsRecord owned(const HostFacts& facts) {
  return {std::string(facts.os_id),   std::string(facts.os_version), std::string(facts.kernel),
          std::string(facts.vendor),  std::string(facts.model),      std::string(facts.agent),
          std::string(facts.firmware)};
}

Finding failure(FindingCode code, std::string subject = {}, Severity severity = Severity::kFail) {
  Finding finding;
  finding.code = code;
  finding.severity = severity;
  finding.subject = std::move(subject);
  return finding;
}

bool has(const Findings& findings, FindingCode code) {
  return std::any_of(findings.begin(), findings.end(),
                     [code](const Finding& finding) { return finding.code == code; });
}

// The judgement of one submission, step by step; each step either ends it or goes on to the next.
class Judging {
 public:
  Judging(Submission submission, const JudgeContext& context) : context_(context) {
    judgement_.submission = std::move(submission);
    choose_policy(view_of(context.state->facts));
  }

  Judgement run() && noexcept {
    try {
      judge_item();
    } catch (...) {
      // Out of memory, at most: our own fault, so no verdict, and nothing of a half-made one.
      judgement_.kind = JudgementKind::kError;
      judgement_.error = {ErrorCode::kInternal, "judge"};
    }
    return std::move(judgement_);
  }

 private:
  void choose_policy(const HostFacts& facts) {
    judgement_.snapshot =
        context_.policies.snapshot_for(traits_of(*judgement_.submission.host, facts));
  }

  void judge_item() {
    const Submission& submission = judgement_.submission;
    judgement_.evidence = hash(HashAlgorithm::kSha256, submission.item);
    if (submission.foregone) {
      conclude_unproven({failure(*submission.foregone)});
      return;
    }
    const Result<Evidence> evidence = decode_evidence(submission.item);
    if (!evidence) {
      conclude_unproven({failure(FindingCode::kEvidenceMalformed, evidence.error().to_string())});
      return;
    }
    judge_quote(*evidence);
  }

  void judge_quote(const Evidence& evidence) {
    const HostRecord& record = *judgement_.submission.host;
    std::shared_ptr<AttestationKey> looked_for;
    AttestationKey* key = context_.key;
    if (key == nullptr) {
      Result<std::shared_ptr<AttestationKey>> found = context_.keys.attestation_key(record);
      if (!found) {
        judgement_.error = found.error();
        return;
      }
      looked_for = *std::move(found);
      key = looked_for.get();
    }
    const ChannelBinding binding{record.uid, record.generation, record.curve_key,
                                 context_.server_key};
    // It came long before its turn, and a signature is checked without looking at memory.
    const Bytes& log = judgement_.submission.boot_log;
    prefetch(log.data(), std::min(log.size(), kLogPrefetchedMax));
    std::variant<VerifiedQuote, Findings> verified = [&] {
      const std::lock_guard lock(key->mutex);
      const StageTimer timer(context_.counters.times.crypto);
      return verify_quote(evidence, {key->checker, binding, judgement_.submission.challenge,
                                     known_pcrs(), context_.scratch});
    }();
    if (auto* findings = std::get_if<Findings>(&verified)) {
      conclude_unproven(std::move(*findings));
      return;
    }
    judge_verified(std::move(std::get<VerifiedQuote>(verified)));
  }

  [[nodiscard]] const KnownPcrs* known_pcrs() const {
    const auto& proof = context_.state->proof;
    return proof && proof->generation == judgement_.submission.host->generation ? &proof->pcrs
                                                                                : nullptr;
  }

  void judge_verified(VerifiedQuote quote) {
    const Submission& submission = judgement_.submission;
    // History keeps the nonce that was answered, or the proof could not be checked again.
    judgement_.submission.challenge.nonce = quote.nonce();
    judgement_.facts = owned(quote.header().facts);
    choose_policy(quote.header().facts);
    if (judgement_.snapshot->is_of_nobody()) {
      judgement_.counters = context_.state->counters;  // nobody judged those of this quote
      conclude({failure(FindingCode::kPolicyNone, {}, Severity::kWarning)});
      return;
    }
    const QuoteContext about{*submission.host, *context_.state, submission.challenge,
                             submission.received.boot, submission.waiting_since};
    QuoteAppraisal appraisal = appraise_quote(quote, about, *judgement_.snapshot);
    Findings& findings = appraisal.findings;
    if (submission.carried && has(findings, FindingCode::kQuoteClockLag)) {
      // Quoted long before it came, or held back on the way: who can tell?
      conclude_unproven({failure(FindingCode::kQuoteClockLag)});
      return;
    }
    if (submission.carried && appraisal.may_have_waited) {
      ask_again();
      return;
    }
    // Failing counters stay compared with the last good ones: else the failure would heal itself
    // with the next quote.
    if (worst_of(findings) != Severity::kFail) {
      judgement_.counters = CounterRecord{quote.quote().clock, quote.quote().firmware_version,
                                          quote.header().boot_id, submission.received.wall};
    } else {
      judgement_.counters = context_.state->counters;
    }
    append(judge_runtime(quote), findings);
    append(judge_boot(std::move(quote)), findings);
    if (appraisal.may_have_waited && worst_of(findings) != Severity::kFail) {
      // Before a log is asked for: the fresh quote will need it as well. What a quote that waited
      // proves to be wrong was so all the same, and is a verdict.
      ask_again();
      return;
    }
    if (judgement_.need.any()) {
      judgement_.kind = JudgementKind::kNeedLog;
      count(context_.counters.logs_asked);
      return;
    }
    conclude(std::move(findings));
  }

  // What was proven of the list in this boot, under the same rules; null if nothing.
  [[nodiscard]] const RuntimeProof* runtime_so_far(const VerifiedQuote& quote) const {
    const auto& before = context_.state->runtime;
    return before && is_of_this_boot(*before, quote, *judgement_.snapshot) ? before.get() : nullptr;
  }

  // The findings of the runtime list; the need is noted if more of it is needed and not here.
  Findings judge_runtime(const VerifiedQuote& quote) {
    if (!judgement_.snapshot->policy().selection.has(kImaPcr) || !quote.pcrs().has(kImaPcr)) {
      return {};
    }
    if (quote.pcrs().at(kImaPcr).is_filled_with(0)) {
      return appraise_absent_list(*judgement_.snapshot);
    }
    const RuntimeProof* const before = runtime_so_far(quote);
    if (before != nullptr && quotemill::is_as_proven(*before, quote)) {
      judgement_.runtime = context_.state->runtime;
      return before->findings;
    }
    const std::uint64_t from = before != nullptr ? before->list.proven_size : 0;
    if (judgement_.submission.runtime_from != from) {
      judgement_.need.runtime_from = from;
      return {};
    }
    RuntimeAppraised appraised =
        appraise_runtime(quote, before, judgement_.submission.runtime_list, *judgement_.snapshot);
    judgement_.runtime = std::make_shared<const RuntimeProof>(std::move(appraised.proof));
    return std::move(appraised.findings);
  }

  // The findings of the boot; the need is noted if the log is needed and not here.
  Findings judge_boot(VerifiedQuote quote) {
    const Submission& submission = judgement_.submission;
    if (is_as_proven(quote)) {
      if (context_.state->proof->snapshot == judgement_.snapshot->id()) {
        judgement_.proof = proof_with(quote.known_pcrs());
        judgement_.boot_log = judgement_.proof->log;
        count(context_.counters.quote_enough);
        return judgement_.proof->findings;
      }
      if (context_.proven_log != nullptr) {
        return judge_stored_log(std::move(quote), *context_.proven_log);
      }
      const Result<Bytes> stored = context_.history.boot_log(context_.state->proof->log);
      if (stored) {
        return judge_stored_log(std::move(quote), *stored);
      }
    }
    if (!submission.boot_log.empty()) {
      judgement_.boot_log = judgement_.evidence;
      return judge_log(std::move(quote), submission.boot_log, submission.boot_log_form);
    }
    if (quote.header().boot_log_bytes == 0) {
      return appraise_absent_log(*judgement_.snapshot);
    }
    judgement_.need.boot_log = true;
    return {};
  }

  // The last proof, by the values of this quote: PCR 10 may have moved on.
  [[nodiscard]] std::shared_ptr<const BootProof> proof_with(const KnownPcrs& pcrs) const {
    if (context_.state->proof->pcrs == pcrs) {
      return context_.state->proof;
    }
    auto proof = std::make_shared<BootProof>(*context_.state->proof);
    proof->pcrs = pcrs;
    return proof;
  }

  // A quote is enough while generation, selection, the boot's PCR values and resetCount are those
  // of the last complete proof.
  [[nodiscard]] bool is_as_proven(const VerifiedQuote& quote) const {
    const auto& proof = context_.state->proof;
    return proof && proof->generation == judgement_.submission.host->generation &&
           proof->reset_count == quote.quote().clock.reset_count &&
           proof->pcrs.values().equals_but(kImaPcr, quote.pcrs());
  }

  // The log of the last proof, which explains this quote as well.
  Findings judge_stored_log(VerifiedQuote quote, ByteView log) {
    count(context_.counters.stored_log_judged);
    judgement_.boot_log = context_.state->proof->log;
    return judge_log(std::move(quote), log, LogForm::kAsKept);
  }

  Findings judge_log(VerifiedQuote quote, ByteView log, LogForm form) {
    const std::uint32_t reset_count = quote.quote().clock.reset_count;
    const std::uint64_t hits = context_.extends.hits();
    const std::uint64_t misses = context_.extends.misses();
    VerifiedEvidence evidence = [&] {
      const StageTimer timer(context_.counters.times.replay);
      return verify_boot_log(std::move(quote), log, &context_.extends, form);
    }();
    if (!evidence.is_proven() && form == LogForm::kAsSent) {
      try_without_overlap(evidence);
    }
    count(context_.counters.extends_remembered, context_.extends.hits() - hits);
    count(context_.counters.extends_hashed, context_.extends.misses() - misses);
    Findings findings = [&] {
      const StageTimer timer(context_.counters.times.policy);
      return appraise_boot(evidence, *judgement_.snapshot, {context_.software, context_.proofs});
    }();
    if (evidence.is_proven()) {
      auto proof = std::make_shared<BootProof>();
      proof->generation = judgement_.submission.host->generation;
      proof->reset_count = reset_count;
      proof->pcrs = evidence.quote().known_pcrs();
      proof->log = judgement_.boot_log;
      proof->snapshot = judgement_.snapshot->id();
      proof->findings = findings_of_proof(findings, *judgement_.snapshot);
      proof->event_count = static_cast<std::uint32_t>(evidence.boot_log().events.size());
      judgement_.proof = std::move(proof);
      if (form == LogForm::kAsSent) {
        tell_log(evidence.boot_log());
      }
    }
    return findings;
  }

  // While the log is in the processor's cache. One with secrets is told without them, when it is
  // kept: until then it may have to be judged again.
  void tell_log(const BootLog& log) {
    if (context_.logs != nullptr && !has_secret(log)) {
      judgement_.telling = context_.logs->tell(judgement_.submission.boot_log);
    }
  }

  // Who takes an ESXi host's log and its final events from two places (REST of vSphere, or a
  // firmware's table) may send twice what stands in both. The quote decides which of the two logs
  // was measured; that one is judged and kept. Elsewhere the kernel joins them.
  void try_without_overlap(VerifiedEvidence& evidence) {
    if (!judgement_.snapshot->policy().esxi.is_on) {
      return;
    }
    std::optional<Bytes> once = without_repeated_events(judgement_.submission.boot_log);
    if (!once) {
      return;
    }
    VerifiedEvidence other = verify_boot_log(evidence.quote(), *once, &context_.extends);
    if (other.is_proven()) {
      judgement_.submission.boot_log = *std::move(once);  // what `other` borrows stays in its place
      evidence = std::move(other);
    }
  }

  // What no quote of the host's proves. On its own channel it is the host's all the same; a gateway
  // could have made it, or damaged it.
  void conclude_unproven(Findings findings) {
    if (!judgement_.submission.carried) {
      conclude(std::move(findings));
      return;
    }
    judgement_.kind = JudgementKind::kUnproven;
    judgement_.error = {ErrorCode::kMalformed, "carried evidence", 0,
                        std::string(name_of(findings.front().code))};
  }

  // No verdict: answered with a challenge, for which no clock counts, so that a host is put off
  // once at most.
  void ask_again() {
    judgement_.kind = JudgementKind::kError;
    judgement_.error = {ErrorCode::kExpired, "quote", 0, "may have waited here"};
  }

  void conclude(Findings findings) {
    const Policy& policy = judgement_.snapshot->policy();
    judgement_.kind = JudgementKind::kVerdict;
    put_latching_first(findings, policy.latch);
    judgement_.verdict = decide(std::move(findings));
    judgement_.verdict.snapshot = judgement_.snapshot->id();
    judgement_.verdict.fresh_from = judgement_.submission.challenge.issued_wall;
    judgement_.verdict.valid_until.ms =
        judgement_.verdict.fresh_from.ms + policy.freshness.stale_after_ms;
  }

  const JudgeContext& context_;
  Judgement judgement_;
};

}  // namespace

Judgement judge(Submission submission, const JudgeContext& context) noexcept {
  return Judging(std::move(submission), context).run();
}

}  // namespace quotemill
