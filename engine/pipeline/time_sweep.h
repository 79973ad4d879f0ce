// TimeSweep: hosts whose verdict rests on reference values that time has brought into force, or has
// ended, are judged again by their last evidence: time alone moves them, without waiting for their
// next attestation.
#pragma once

#include <cstdint>
#include <functional>

#include "engine/pipeline/committer.h"
#include "engine/pipeline/fleet_reappraisal.h"

namespace quotemill {

// Borrowed for the call.
struct TimeSweepParts {
  const HostTable& hosts;
  const History& history;
  const PoliciesInForce& policies;
  const CurveKey& server_key;
  std::function<Result<ReappraisalCommit>(std::vector<ReappraisedHost>)> commit;
};

struct TimeSweepReport {
  std::uint64_t judged = 0;
  std::uint64_t moved = 0;      // to another state
  std::uint64_t waiting = 0;    // only their next attestation can tell
  std::uint64_t failed = 0;     // could not be judged
  std::uint64_t unwritten = 0;  // would have moved, but for the store: to be swept again
};

// Every host that evidence made trusted, warning or failed, under a snapshot that is not in force
// any more. A verdict that says the same is left alone; one that evidence or an operator changed
// meanwhile, too: a newer verdict is never replaced. Blocks; any thread; ends early once `is_over`.
TimeSweepReport sweep(const TimeSweepParts& parts, const std::function<bool()>& is_over);

}  // namespace quotemill
