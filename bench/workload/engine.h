// Engine: the daemon's parts between a submission and its durable verdict, wired as the daemon
// wires them, over a store that the benchmark chooses. Time stands still in it, at kNow.
#pragma once

#include <memory>
#include <vector>

#include "bench/workload/counting_replies.h"
#include "bench/workload/judge.h"
#include "engine/pipeline/committer.h"
#include "engine/pipeline/pipeline.h"

namespace quotemill::bench {

class Engine {
 public:
  // Judges machines of this image, by the default policy unless another one is for a host. The
  // store is borrowed.
  Engine(VerdictLog& verdicts, const History& history, const BootImage& image,
         AppliedPolicies policies = {});
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  // Knows the machines as if it had read them from its store when it started.
  void enrol(const std::vector<Machine>& machines);

  // Judges the first evidence of hosts, with their logs, and makes the verdicts durable. The logs
  // are not stored: in a fleet that was long ago, and here it would go on behind what is timed.
  void prove(const std::vector<Submission>& first_evidence);

  // Judges their evidence and forgets what came of it: what stays is that their keys are parsed and
  // ready to check, as in a daemon that judged them before they rebooted.
  void make_keys_ready(const std::vector<Submission>& evidence);

  [[nodiscard]] std::shared_ptr<const HostState> state_of(const Machine& machine) const;

  // As one batch. Durable, and replied to, when it returns.
  void commit(std::vector<Judgement> batch);

  // For a Pipeline that takes from `inbox`, and has logs told by the store if it can.
  [[nodiscard]] PipelineParts parts(Inbox& inbox, const LogTeller* logs = nullptr);

  [[nodiscard]] Knowledge& knowledge() { return knowledge_; }

  [[nodiscard]] CountingReplies& replies() { return replies_; }

  [[nodiscard]] const CountingReplies& replies() const { return replies_; }

 private:
  class StandingClock final : public Clock {
   public:
    [[nodiscard]] Moment now() const override { return kNow; }
  };

  class NoChanges final : public ChangeSink {
   public:
    void publish(std::string_view /*stream_id*/, std::span<const Change> /*changes*/) override {}
  };

  Knowledge knowledge_;
  StandingClock clock_;
  NoChanges changes_;
  CountingReplies replies_;
  NonceAuthority nonces_{NonceAuthority::Keys{}};
  PipelineCounters counters_;
  HostTable hosts_;
  Committer committer_;
};

}  // namespace quotemill::bench
