#include "engine/pipeline/reappraisal.h"

#include <algorithm>
#include <utility>

#include "engine/evidence/evidence_codec.h"
#include "engine/tpm/quote.h"
#include "engine/verdict/latch.h"

namespace quotemill {
namespace {

// The last appraisal of the host's present identity; nullopt if there is none.
Result<std::optional<HistoryEntry>> last_appraisal(const Host& host, const History& history) {
  Result<std::vector<HistoryEntry>> newest = history.history(host.record->uid, 0, 1);
  if (!newest) {
    return newest.error();
  }
  if (newest->empty() || newest->front().generation != host.record->generation ||
      newest->front().evidence_item.empty()) {
    return std::optional<HistoryEntry>();
  }
  return std::optional<HistoryEntry>(std::move(newest->front()));
}

// What the host was asked for then: of all that the quote says of itself, this alone is not
// compared with anything that is stored.
std::vector<PcrSelection> quoted_selections(ByteView item) {
  const Result<Evidence> evidence = decode_evidence(item);
  if (!evidence) {
    return {};
  }
  const Result<Quote> quote = decode_quote(evidence->attest);
  return quote ? quote->selections : std::vector<PcrSelection>();
}

Reappraisal failed(Error error) {
  Reappraisal out;
  out.error = std::move(error);
  return out;
}

Reappraisal reappraised(const Host& host, const ReappraisalContext& context) {
  Result<std::optional<Submission>> submission =
      stored_submission(host, context.history, StoredLog::kWith);
  if (!submission) {
    return failed(submission.error());
  }
  Reappraisal out;
  if (!submission->has_value()) {
    out.kind = ReappraisalKind::kNoEvidence;
    return out;
  }
  PipelineCounters uncounted;
  const Judgement judgement = judge(
      **std::move(submission), {context.policies, host.state, context.server_key, context.keys,
                                context.history, uncounted, context.extends, context.software});
  if (judgement.kind == JudgementKind::kNeedLog && !judgement.need.boot_log) {
    // The runtime list is not kept: under other rules for it only the host can tell.
    out.kind = ReappraisalKind::kOldEvidence;
    out.verdict = host.state->verdict;
    return out;
  }
  if (judgement.kind != JudgementKind::kVerdict) {
    return failed(judgement.kind == JudgementKind::kError
                      ? judgement.error
                      : Error{ErrorCode::kNotFound, "boot log", 0, "none is stored"});
  }
  const Findings& findings = judgement.verdict.findings;
  const bool is_old = std::any_of(findings.begin(), findings.end(), [](const Finding& finding) {
    return finding.code == FindingCode::kPolicyPcrsUnquoted;
  });
  out.kind = is_old ? ReappraisalKind::kOldEvidence : ReappraisalKind::kVerdict;
  out.verdict = held(judgement.verdict, host.state->latches.get());
  out.proof = judgement.proof;
  return out;
}

}  // namespace

Result<std::optional<Submission>> stored_submission(const Host& host, const History& history,
                                                    StoredLog log) {
  Result<std::optional<HistoryEntry>> last = last_appraisal(host, history);
  if (!last) {
    return last.error();
  }
  if (!last->has_value()) {
    return std::optional<Submission>();
  }
  HistoryEntry& entry = **last;
  Submission submission;
  submission.host = host.record;
  submission.challenge.kind = entry.nonce_kind;
  submission.challenge.nonce = entry.nonce;
  submission.challenge.sequence = entry.sequence;
  submission.challenge.issued_wall = entry.verdict.fresh_from;
  submission.challenge.selections = quoted_selections(entry.evidence_item);
  submission.received.wall = entry.time;
  submission.item = std::move(entry.evidence_item);
  if (log == StoredLog::kWith && !entry.boot_log.is_filled_with(0)) {
    Result<Bytes> content = history.boot_log(entry.boot_log);
    if (!content) {
      return content.error();
    }
    submission.boot_log = *std::move(content);
    submission.boot_log_form = LogForm::kAsKept;
  }
  return std::optional(std::move(submission));
}

Reappraisal reappraise(const Host& host, const ReappraisalContext& context) noexcept {
  try {
    return reappraised(host, context);
  } catch (...) {
    // Out of memory, at most.
    return failed({ErrorCode::kInternal, "reappraise"});
  }
}

}  // namespace quotemill
