#include "bench/workload/machine.h"

#include <algorithm>
#include <iterator>
#include <memory>
#include <utility>

#include "bench/fleet/plain_replay.h"

namespace quotemill::bench {
namespace {

constexpr unsigned kKeys = 64;

}  // namespace

Machine::Machine(KeyKind kind, unsigned number, const BootImage& image)
    : host_(kind, number, number % kKeys),
      log_(image.log_of(number)),
      pcrs_(plain_replay(log_, host_.selection)) {}

Submission Machine::answer(const Challenge& challenge, bool with_pcrs) const {
  EvidenceDraft draft = host_.draft(challenge, {pcrs_}, log_.size());
  if (!with_pcrs) {
    draft.sent.clear();
  }
  Submission submission;
  submission.item = draft.seal();
  submission.host = std::make_shared<const HostRecord>(record());
  submission.challenge = challenge;
  submission.received = kNow;
  return submission;
}

Submission Machine::first_evidence() const {
  Submission submission = answer(host_.challenge(1, kNow), true);
  submission.boot_log = log_;
  return submission;
}

Submission Machine::unchanged_evidence() const {
  Challenge challenge = host_.challenge(2, kNow);
  challenge.kind = NonceKind::kPreissued;
  return answer(challenge, false);
}

std::vector<Machine> boot_machines(KeyKind kind, const BootImage& image, unsigned count) {
  std::vector<Machine> machines;
  machines.reserve(count);
  for (unsigned number = 0; number < count; ++number) {
    machines.emplace_back(kind, number, image);
  }
  return machines;
}

std::vector<Submission> first_evidence(const std::vector<Machine>& machines) {
  std::vector<Submission> evidence;
  std::transform(machines.begin(), machines.end(), std::back_inserter(evidence),
                 [](const Machine& machine) { return machine.first_evidence(); });
  return evidence;
}

std::vector<Submission> unchanged_evidence(const std::vector<Machine>& machines) {
  std::vector<Submission> evidence;
  std::transform(machines.begin(), machines.end(), std::back_inserter(evidence),
                 [](const Machine& machine) { return machine.unchanged_evidence(); });
  return evidence;
}

}  // namespace quotemill::bench
