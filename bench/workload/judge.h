// Judge: judge() with all that it looks at, on the caller's thread.
#pragma once

#include <memory>
#include <vector>

#include "bench/workload/machine.h"
#include "engine/crypto/pkcs1_checker.h"
#include "engine/pipeline/judge.h"
#include "engine/pipeline/policies_in_force.h"
#include "engine/ports/history.h"

namespace quotemill::bench {

using AppliedPolicies = std::vector<std::shared_ptr<const PolicyRecord>>;

// What all judges of one engine share: the default policy and those that were applied beside it,
// the boot of the image's first machine as the baseline, and the keys of the hosts that were seen.
struct Knowledge {
  // `stored` is borrowed.
  Knowledge(const BootImage& image, const History& stored, AppliedPolicies policies = {});
  // Each of the first `baselines` machines has a baseline, and every host may boot as any of them.
  Knowledge(const BootImage& image, const History& stored, unsigned baselines);

  // Parses their keys, as their first evidence would.
  void cache_keys(const std::vector<Machine>& machines);

  const History& history;
  std::unique_ptr<PoliciesInForce> policies;
  KeyCache keys{limits::kKeyCacheMax};
  CurveKey server_key;
};

// What an engine remembers of the evidence that it judged belongs in here, so that a new Judge has
// seen none. Cheap to make; any thread, as judge() itself.
class Judge {
 public:
  // `facts`: how many of each kind it may remember. REQUIRES: a power of two
  explicit Judge(Knowledge& knowledge, std::size_t facts = limits::kExtendMemoEntries)
      : knowledge_(knowledge), extends_(facts), proofs_(facts) {}

  [[nodiscard]] Judgement judge(Submission submission, std::shared_ptr<const HostState> state);

  [[nodiscard]] const PipelineCounters& counters() const { return counters_; }

 private:
  Knowledge& knowledge_;
  PipelineCounters counters_;
  ExtendMemo extends_;
  ProofMemo proofs_;
  Pkcs1Scratch scratch_;
};

}  // namespace quotemill::bench
