// Counters of the pipeline: how much was judged, how it went, and how long it took. Relaxed
// atomics; any thread.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>

#include "engine/pipeline/stage_times.h"
#include "engine/verdict/verdict.h"

namespace quotemill {

struct PipelineCounters {
  BatchSizeHistogram batch_sizes;
  std::atomic<std::uint64_t> attestations{0};            // verdicts made and durable
  std::array<std::atomic<std::uint64_t>, 5> verdicts{};  // by TrustState
  std::atomic<std::uint64_t> reaffirmed{0};              // of them: those that said nothing new
  std::atomic<std::uint64_t> quote_enough{0};       // judged without a log: nothing had changed
  std::atomic<std::uint64_t> stored_log_judged{0};  // judged again by the stored log
  std::atomic<std::uint64_t> logs_asked{0};
  std::atomic<std::uint64_t> extends_remembered{0};  // of logs: hashed before, for another host
  std::atomic<std::uint64_t> extends_hashed{0};
  std::atomic<std::uint64_t> changes{0};
  std::atomic<std::uint64_t> dropped_not_current{0};
  std::atomic<std::uint64_t> unproven{0};     // carried by a gateway, and not the host's
  std::atomic<std::uint64_t> asked_again{0};  // may have waited here for too long: no verdict
  std::atomic<std::uint64_t> commit_failures{0};
  std::atomic<bool> commits_fail{false};  // the last durable write did, whoever asked for it
  std::atomic<std::uint64_t> internal_errors{0};
  StageTimes times;
};

inline void count(std::atomic<std::uint64_t>& counter, std::uint64_t by = 1) {
  counter.fetch_add(by, std::memory_order_relaxed);
}

}  // namespace quotemill
