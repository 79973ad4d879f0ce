// Engine: the daemon's parts between a submission and its durable verdict, wired as the daemon
// wires them, over a store that the benchmark chooses. Time stands still in it, at kNow.
#pragma once

#include <memory>
#include <vector>

#include "bench/workload/counting_replies.h"
#include "bench/workload/machine.h"
#include "engine/pipeline/committer.h"
#include "engine/pipeline/judge.h"
#include "engine/ports/history.h"

namespace quotemill::bench {

class Engine {
 public:
  // The default policy, with the boot that left `golden_log` as its baseline. Ports are borrowed.
  Engine(VerdictLog& verdicts, const History& history, ByteView golden_log);
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  // Durable when it returns.
  void enrol(const Machine& machine);

  [[nodiscard]] std::shared_ptr<const HostState> state_of(const Machine& machine) const;

  // On the caller's thread, against the given state.
  [[nodiscard]] Judgement judge(Submission submission, std::shared_ptr<const HostState> state);

  // As one batch. Durable, and replied to, when it returns.
  void commit(std::vector<Judgement> batch);

  HostTable hosts;
  CountingReplies replies;
  SnapshotHolder snapshots;
  PipelineCounters counters;
  KeyCache keys{limits::kKeyCacheMax};
  CurveKey server_key;
  const History& history;

 private:
  class StandingClock final : public Clock {
   public:
    [[nodiscard]] Moment now() const override { return kNow; }
  };

  class NoChanges final : public ChangeSink {
   public:
    void publish(std::string_view /*stream_id*/, std::span<const Change> /*changes*/) override {}
  };

  StandingClock clock_;
  NoChanges changes_;
  NonceAuthority nonces_{NonceAuthority::Keys{}};

 public:
  Committer committer;
};

}  // namespace quotemill::bench
