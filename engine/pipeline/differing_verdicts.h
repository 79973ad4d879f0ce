// Whether a verdict tells anything new.
#pragma once

#include <algorithm>

#include "engine/verdict/host_state.h"

namespace quotemill {

// Another state than the host's, or other findings; in whatever order they are.
inline bool differs(const HostState& state, const Verdict& verdict) {
  const Findings& now = state.verdict.findings;
  return state.state != verdict.state || now.size() != verdict.findings.size() ||
         !std::is_permutation(now.begin(), now.end(), verdict.findings.begin());
}

}  // namespace quotemill
