// What an operator wants of rollouts, before anything of it is done; what becomes of them by time;
// and how far their hosts are.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "engine/pipeline/host_table.h"
#include "engine/pipeline/policies_in_force.h"
#include "engine/pipeline/registrar.h"
#include "engine/policy/selector.h"
#include "engine/rollout/convergence.h"
#include "engine/rollout/rollout.h"

namespace quotemill::daemon {

// Hosts by their names, or all that a selector matches: names and labels, which operators gave.
// What hosts say of themselves chooses none: a rollout accepts more than its policy alone.
struct CohortRequest {
  std::vector<std::string> hosts;  // names or uids, in the order of their waves
  HostSelector selector;           // if no host is named; by name
  std::vector<std::string> waves;  // "5", or "10%" of all; what is left over is the last wave
};

// kNotFound for a host that is not there; kConfig for a wave of another form.
Result<std::vector<CohortMember>> plan_cohort(const CohortRequest& request, const HostTable& hosts);

// kNotFound if there is none of this name.
Result<std::shared_ptr<const Rollout>> find_rollout(const PoliciesInForce& policies,
                                                    const std::string& name);

// What promoting comes to: the new set under the name of the old one, as its next version, and the
// old one retired.
struct Promotion {
  std::shared_ptr<const Rollout> rollout;
  std::shared_ptr<const Baseline> baseline;
  std::shared_ptr<const Baseline> retired;
};

// kConflict if the rollout has ended, or one of its sets is not what it was when it started.
Result<Promotion> plan_promotion(const Rollout& rollout, const PoliciesInForce& policies,
                                 const std::string& by, WallTime now);

// Counts, and names of a few hosts of each kind: all of `wanted`, up to `wanted_max`.
struct RolloutReport {
  static constexpr std::size_t kKinds = 7;
  RolloutCounts counts;
  std::vector<RolloutCounts> by_wave;
  std::array<std::vector<std::string>, kKinds> names;  // by Convergence
};

RolloutReport report_of(const Rollout& rollout, const HostTable& hosts, std::size_t names_max);

// Lets time pass for every live rollout: waves are opened, deadlines end the window, each as an act
// of "quotemill" in the audit trail; and counts are kept when they differ from the last ones. The
// first Error ends it: the next call tries again. Blocks.
Result<void> keep_rollouts(const HostTable& hosts, const PoliciesInForce& policies,
                           Registrar& registrar, const RolloutClock& clock, Moment now);

}  // namespace quotemill::daemon
