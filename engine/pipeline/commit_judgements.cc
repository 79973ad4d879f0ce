// The committer's part in what hosts attest: judged batches become verdicts, replies and history.
#include <algorithm>
#include <chrono>
#include <utility>

#include "engine/base/prefetch.h"
#include "engine/esxi/log/kept_log.h"
#include "engine/pipeline/committer.h"
#include "engine/pipeline/verdict_records.h"
#include "engine/verdict/latch.h"
#include "engine/verdict/verdict_validity.h"

namespace quotemill {
namespace {

// The states that judgements behind `now` are compared with, step by step: a proof is where its
// state points to.
void prefetch_ahead(const std::vector<std::optional<Host>>& hosts, std::size_t now) {
  constexpr std::size_t kAhead = 4;
  if (const std::size_t at = now + 2 * kAhead; at < hosts.size() && hosts[at]) {
    prefetch(hosts[at]->state.get());
  }
  if (const std::size_t at = now + kAhead; at < hosts.size() && hosts[at]) {
    prefetch(hosts[at]->state->proof.get());
  }
}

Reply reply_to(const Judgement& judgement, ReplyKind kind) {
  Reply reply;
  reply.host = judgement.submission.host->uid;
  reply.generation = judgement.submission.host->generation;
  reply.sequence = judgement.submission.challenge.sequence;
  reply.kind = kind;
  return reply;
}

Reply error_reply(const Judgement& judgement, Error error) {
  Reply reply = reply_to(judgement, ReplyKind::kError);
  reply.error = std::move(error);
  return reply;
}

// What could not be judged, by why.
std::atomic<std::uint64_t>& counter_of(const Error& error, PipelineCounters& counters) {
  switch (error.code) {
    case ErrorCode::kConflict:  // others are in force by now (keep_in_force): no bug
      return counters.dropped_not_current;
    case ErrorCode::kExpired:
      return counters.asked_again;
    default:
      return counters.internal_errors;
  }
}

}  // namespace

void Committer::submit(std::vector<Judgement> batch, std::function<void()> done,
                       JudgeAgain judge_again) {
  Task task = BatchTask{std::move(batch), std::move(done), std::move(judge_again)};
  if (post(std::move(task))) {
    return;
  }
  const BatchTask& refused = std::get<BatchTask>(task);
  std::vector<Reply> replies;
  for (const Judgement& judgement : refused.judgements) {
    replies.push_back(error_reply(judgement, {ErrorCode::kBusy, "shutting down"}));
  }
  ports_.replies.deliver(std::move(replies));
  if (refused.done) {
    refused.done();
  }
}

void Committer::handle(BatchTask& task) {
  const StageTimer timer(ports_.counters.times.commit);
  Write& write = judged_;
  write.reserve(task.judgements.size());
  std::vector<HostUid> uids(task.judgements.size());
  std::transform(task.judgements.begin(), task.judgements.end(), uids.begin(),
                 [](const Judgement& judgement) { return judgement.submission.host->uid; });
  const std::vector<std::optional<Host>> hosts = ports_.hosts.find_all(uids);
  for (std::size_t i = 0; i < hosts.size(); ++i) {
    prefetch_ahead(hosts, i);
    add_judgement(task.judgements[i], hosts[i], task.judge_again, write);
  }
  const Result<void> written = write_durably(write);
  if (!written) {
    count(ports_.counters.commit_failures);
    // Nothing of it is there: nobody may get a receipt.
    for (Reply& reply : write.replies) {
      reply.kind = ReplyKind::kError;
      reply.error = written.error();
      reply.body.clear();
    }
  }
  ports_.replies.deliver(std::move(write.replies));
  note_receipts(task);
  ports_.counters.batch_sizes.observe(static_cast<std::int64_t>(task.judgements.size()));
  if (task.done) {
    task.done();
  }
  write.clear();
}

void Committer::note_receipts(const BatchTask& task) {
  const BootTime now = ports_.clock.now().boot;
  for (const Judgement& judgement : task.judgements) {
    if (judgement.kind == JudgementKind::kVerdict) {
      ports_.counters.times.receipt.observe(
          std::chrono::milliseconds(now.ms - judgement.submission.received.boot.ms));
    }
  }
}

bool Committer::answer_error(Judgement& judgement, Write& write) {
  if (judgement.kind == JudgementKind::kError) {
    count(counter_of(judgement.error, ports_.counters));
    write.replies.push_back(error_reply(judgement, judgement.error));
    return true;
  }
  if (judgement.kind == JudgementKind::kUnproven) {
    count(ports_.counters.unproven);
    write.replies.push_back(reply_to(judgement, ReplyKind::kUnproven));
    write.replies.back().error = judgement.error;
    return true;
  }
  return false;
}

// Between judge and commit policies, references or the host's labels may have changed.
void Committer::keep_in_force(Judgement& judgement, const HostRecord& record,
                              const HostState& state, const JudgeAgain& judge_again) const {
  const FactsRecord& facts = judgement.facts ? *judgement.facts : state.facts;
  const std::shared_ptr<const PolicySet> policies = ports_.policies.current();
  if (judgement.kind != JudgementKind::kVerdict ||
      policies->snapshot_for(traits_of(record, view_of(facts)))->id() == judgement.snapshot->id()) {
    return;
  }
  if (!judge_again) {
    judgement.kind = JudgementKind::kError;
    judgement.error = {ErrorCode::kConflict, "policies", 0, "others are in force by now"};
    return;
  }
  Submission submission = std::move(judgement.submission);
  submission.host = std::make_shared<const HostRecord>(record);
  judgement = judge_again(std::move(submission));
}

void Committer::add_judgement(Judgement& judgement, const std::optional<Host>& host,
                              const JudgeAgain& judge_again, Write& write) {
  if (answer_error(judgement, write)) {
    return;
  }
  const HostOutcome* const newer = write.outcomes.find(judgement.submission.host->uid);
  const bool is_current = host && host->record->may_attest() &&
                          host->record->generation == judgement.submission.host->generation &&
                          (newer == nullptr ? host->state : newer->state)->sequence + 1 ==
                              judgement.submission.challenge.sequence;
  if (!is_current) {
    count(ports_.counters.dropped_not_current);
    write.replies.push_back(error_reply(judgement, {ErrorCode::kConflict, "not current any more"}));
    return;
  }
  const std::shared_ptr<const HostState> previous =
      newer == nullptr ? recorded(*host) : newer->state;
  keep_in_force(judgement, *host->record, *previous, judge_again);
  if (answer_error(judgement, write)) {
    return;
  }
  if (judgement.kind == JudgementKind::kNeedLog) {
    write.replies.push_back(reply_to(judgement, ReplyKind::kNeedLog));
    write.replies.back().need = judgement.need;
    return;
  }
  add_verdict(judgement, *host->record, *previous, write);
}

void Committer::add_verdict(Judgement& judgement, const HostRecord& record,
                            const HostState& previous, Write& write) {
  const WallTime now = store_time();
  const auto latches =
      latched(previous.latches, judgement.verdict, judgement.snapshot->policy().latch, now,
              judgement.submission.challenge.sequence);
  judgement.verdict = held(std::move(judgement.verdict), latches.get());
  std::shared_ptr<HostState> next = next_state(judgement, previous, now);
  next->latches = latches;
  Bytes receipt = receipts_.make(record, judgement.snapshot->policy(), now, *next);
  next->receipt = receipt;  // a copy takes no more room than it needs
  if (ports_.images != nullptr) {
    if (const std::optional<ImageTime> attested = image_attested_to(judgement)) {
      write.images.push_back(*attested);
    }
  }
  Reply reply = reply_to(judgement, ReplyKind::kReceipt);
  reply.body = std::move(receipt);
  write.replies.push_back(std::move(reply));
  // Of two verdicts on a host within one batch the second is always an edge: then the order within
  // the batch is plain.
  const bool is_edge =
      write.outcomes.has(record.uid) || !is_reaffirmation(judgement, previous, *next);
  if (judgement.boot_log == judgement.evidence) {
    if (!judgement.telling) {
      drop_secrets(judgement.submission.boot_log);
    }
    write.batch.boot_logs.push_back({judgement.boot_log, std::move(judgement.submission.boot_log),
                                     std::move(judgement.telling)});
  }
  if (rests_on_evidence(next->state)) {
    // In boot time, so that nobody turns stale, or stays fresh, because a wall clock was set.
    const std::int64_t valid_ms = validity_of(next->verdict);
    write.outcomes.of(record.uid).deadline = {{judgement.submission.challenge.issued.ms + valid_ms},
                                              valid_ms};
  }
  if (!is_edge) {
    write.outcomes.of(record.uid).state = next;
    write.batch.reaffirmed.push_back({next, history_of(judgement, now)});
    return;
  }
  write.batch.history.push_back(history_of(judgement, now));
  add_state(record, previous, next, now, write);
}

}  // namespace quotemill
