// The survey of the blast brake: the last evidence of every host that a change hits, judged by the
// policies of before and of after it.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

#include "deploy/quotemilld/blast.h"
#include "engine/pipeline/host_table.h"
#include "engine/policy/policy_set.h"
#include "engine/ports/history.h"

namespace quotemill::daemon {

// Borrowed for the call.
struct BlastParts {
  const HostTable& hosts;
  const History& history;
  const CurveKey& server_key;
};

// Told how many of how many hosts are looked at; whether to go on. Called by the thread that asked
// for the survey.
using SurveyProgress = std::function<bool(std::uint64_t done, std::uint64_t hosts)>;

// Blocks while `threads` judge, one of which is the caller's: each distinct log of those that are
// hit twice. nullopt if it was told not to go on.
std::optional<Blast> blast_of(const std::shared_ptr<const PolicySet>& now,
                              const std::shared_ptr<const PolicySet>& then, const BlastParts& parts,
                              unsigned threads, const SurveyProgress& goes_on);

}  // namespace quotemill::daemon
