// What is kept with a proof of what was found in its boot.
#pragma once

#include <utility>

#include "engine/policy/snapshot.h"
#include "engine/verdict/latch.h"

namespace quotemill {

// As many as a verdict keeps: a log of 65,536 unknown events must not fill the host's state.
inline Findings findings_of_proof(Findings found, const Snapshot& snapshot) {
  put_latching_first(found, snapshot.policy().latch);
  return decide(std::move(found)).findings;
}

}  // namespace quotemill
