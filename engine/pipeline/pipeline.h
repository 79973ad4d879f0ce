// Pipeline: from the Inbox to durable verdicts, as a TBB flow graph over batches.
//
//   inbox --take--> [token] --> judge batch (parallel) --> sequencer --> commit (own thread)
//                      `-> judge a small one at once ------------------^
//         --take_large--> judge one (threads of their own) ----------------^
//
// The batch is the message. A token bounds what is in flight and is taken before a batch enters;
// bodies never throw, so every batch reaches the committer; the sequencer restores arrival order;
// the commit runs behind an async node, so that fsync holds no worker. All of TBB stays in
// pipeline.cc.
//
// A small batch is begun by the thread that took it while the graph has none: TBB's workers would
// take longer to wake and to go to sleep. What it is not through with soon, the workers finish.
//
// What is too large for a batch (a runtime list of 100,000 entries) passes by the batches, so that
// none waits for it, nor for its place in the sequence. The order that counts is that of each host,
// and it is the committer's: of what answers one challenge, that which it gets first is taken, and
// nothing else.
#pragma once

#include <memory>

#include "engine/pipeline/committer.h"
#include "engine/pipeline/counters.h"
#include "engine/pipeline/host_table.h"
#include "engine/pipeline/inbox.h"
#include "engine/pipeline/key_cache.h"
#include "engine/pipeline/policies_in_force.h"
#include "engine/ports/history.h"
#include "engine/ports/log_teller.h"

namespace quotemill {

// All borrowed; they outlive the Pipeline.
struct PipelineParts {
  Inbox& inbox;
  Committer& committer;
  const HostTable& hosts;
  const PoliciesInForce& policies;
  const History& history;
  KeyCache& keys;
  PipelineCounters& counters;
  CurveKey server_key{};
  const LogTeller* logs = nullptr;  // null: logs are told when they are committed
};

class Pipeline {
 public:
  // `threads`: workers that judge; 0 means one per processor.
  Pipeline(const PipelineParts& parts, unsigned threads);
  ~Pipeline();
  Pipeline(const Pipeline&) = delete;
  Pipeline& operator=(const Pipeline&) = delete;

  void start();

  // Closes the inbox, judges and commits everything that was in it, and returns when the replies
  // are delivered. The committer keeps running. Idempotent.
  void drain();

 private:
  struct Graph;
  std::unique_ptr<Graph> graph_;
};

}  // namespace quotemill
