#include "bench/workload/machine.h"

#include <memory>
#include <utility>

#include "bench/fleet/plain_replay.h"

namespace quotemill::bench {

Machine::Machine(KeyKind kind, unsigned number, Bytes log)
    : host_(kind, number), log_(std::move(log)), pcrs_(plain_replay(log_, host_.selection)) {}

Submission Machine::first_evidence(std::uint64_t sequence) const {
  Submission submission;
  submission.host = std::make_shared<const HostRecord>(host_.record());
  submission.challenge = host_.challenge(sequence, kNow);
  submission.received = kNow;
  submission.item = host_.draft(submission.challenge, {pcrs_}, log_.size()).seal();
  submission.boot_log = log_;
  return submission;
}

Submission Machine::unchanged_evidence(std::uint64_t sequence) const {
  Submission submission;
  submission.host = std::make_shared<const HostRecord>(host_.record());
  submission.challenge = host_.challenge(sequence, kNow);
  submission.challenge.kind = NonceKind::kPreissued;
  submission.received = kNow;
  EvidenceDraft draft = host_.draft(submission.challenge, {pcrs_}, log_.size());
  draft.sent.clear();
  submission.item = draft.seal();
  return submission;
}

}  // namespace quotemill::bench
