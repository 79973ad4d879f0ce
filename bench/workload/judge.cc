#include "bench/workload/judge.h"

#include <utility>

#include "engine/eventlog/boot_log.h"

namespace quotemill::bench {
namespace {

using Baselines = std::vector<std::shared_ptr<const Baseline>>;

std::shared_ptr<const Baseline> baseline_of(const BootImage& image, unsigned machine,
                                            std::string name) {
  const Bytes log = image.log_of(machine);
  auto baseline = std::make_shared<Baseline>();
  baseline->name = std::move(name);
  baseline->events = reference_events(read_boot_log(log).log);
  return baseline;
}

std::string name_of_image(unsigned machine) {
  return "image-" + std::to_string(machine);
}

Baselines baselines_of(const BootImage& image, unsigned count) {
  Baselines baselines;
  for (unsigned machine = 0; machine < count; ++machine) {
    baselines.push_back(baseline_of(image, machine, name_of_image(machine)));
  }
  return baselines;
}

// A policy for all hosts by which a boot as any of so many baselines is as it should be.
AppliedPolicies policy_for_images(unsigned count) {
  std::string names;
  for (unsigned machine = 0; machine < count; ++machine) {
    names += (names.empty() ? "\"" : ", \"") + name_of_image(machine) + '"';
  }
  PolicyRecord record;
  record.number = 1;
  record.id = "images";
  record.version = 1;
  record.text =
      "[policy]\nid = \"images\"\nversion = 1\npriority = 1\n[boot]\nbaselines = [" + names + "]\n";
  return {std::make_shared<const PolicyRecord>(std::move(record))};
}

std::unique_ptr<PoliciesInForce> in_force(AppliedPolicies applied, Baselines baselines) {
  return *PoliciesInForce::create(default_policy(), std::move(applied), std::move(baselines));
}

}  // namespace

Knowledge::Knowledge(const BootImage& image, const History& stored, AppliedPolicies applied)
    : history(stored),
      policies(in_force(std::move(applied), {baseline_of(image, 0, "golden")})),
      server_key(SigningHost(KeyKind::kEcP256, 0).server_key) {}

Knowledge::Knowledge(const BootImage& image, const History& stored, unsigned baselines)
    : history(stored),
      policies(in_force(policy_for_images(baselines), baselines_of(image, baselines))),
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
