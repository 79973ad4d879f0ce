#include "bench/workload/judge.h"

#include <utility>

#include "engine/eventlog/boot_log.h"

namespace quotemill::bench {
namespace {

std::shared_ptr<const Baseline> baseline_of(const BootImage& image) {
  const Bytes log = image.log_of(0);
  auto baseline = std::make_shared<Baseline>();
  baseline->name = "golden";
  baseline->events = reference_events(read_boot_log(log).log);
  return baseline;
}

}  // namespace

Knowledge::Knowledge(const BootImage& image, const History& stored, AppliedPolicies applied)
    : history(stored),
      policies(
          *PoliciesInForce::create(default_policy(), std::move(applied), {baseline_of(image)})),
      server_key(SigningHost(KeyKind::kEcP256, 0).server_key) {}

void Knowledge::cache_keys(const std::vector<Machine>& machines) {
  for (const Machine& machine : machines) {
    static_cast<void>(keys.attestation_key(machine.record()));
  }
}

Judgement Judge::judge(Submission submission, std::shared_ptr<const HostState> state) {
  const std::shared_ptr<const PolicySet> policies = knowledge_.policies->current();
  return quotemill::judge(
      std::move(submission),
      {*policies, std::move(state), knowledge_.server_key, knowledge_.keys, knowledge_.history,
       counters_, extends_, nullptr, nullptr, &proofs_, nullptr, &scratch_});
}

}  // namespace quotemill::bench
