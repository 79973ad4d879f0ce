// SmallEngine: everything between a submission and its reply, without the flow graph: judge() on
// the caller's thread, a real Committer, a store in memory, and time that a test moves.
#pragma once

#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include "engine/pipeline/committer.h"
#include "engine/pipeline/judge.h"
#include "storage/memory_store.h"
#include "tests/support/finding_printers.h"
#include "tests/support/manual_clock.h"
#include "tests/support/recording_sinks.h"
#include "tests/support/software_host.h"

namespace quotemill::testing {

// The boot of `host` as a baseline.
std::shared_ptr<const Baseline> baseline_of(const SoftwareHost& host, std::string name = "golden",
                                            std::uint32_t version = 1);

// A policy of these lines; aborts if they are wrong.
Policy policy_of(std::string_view toml);

using ChangeDraft = std::function<void(EvidenceDraft&)>;
using ChangeSubmission = std::function<void(Submission&)>;

class SmallEngine {
 public:
  // Without baselines every honest host is judged `warning`.
  explicit SmallEngine(Policy policy = default_policy(),
                       std::vector<std::shared_ptr<const Baseline>> baselines = {});
  ~SmallEngine();
  SmallEngine(const SmallEngine&) = delete;
  SmallEngine& operator=(const SmallEngine&) = delete;

  // --- Hosts
  void enrol(const SoftwareHost& host);
  // The record as the host has it now, through the commit thread.
  void put(const SoftwareHost& host, bool reset_state);
  void remove(const SoftwareHost& host);
  [[nodiscard]] HostState state(const SoftwareHost& host) const;

  // --- One attestation, step by step
  [[nodiscard]] Challenge challenge(const SoftwareHost& host) const;
  [[nodiscard]] Submission submission(const SoftwareHost& host,
                                      const ChangeDraft& change = {}) const;
  [[nodiscard]] Judgement judge(Submission submission);
  // Committed as one batch; the replies to it.
  std::vector<Reply> commit(std::vector<Judgement> batch);
  Reply commit(Judgement judgement);

  // --- All of it; the logs are sent when they are asked for.
  Reply attest(const SoftwareHost& host, const ChangeDraft& change = {},
               const ChangeSubmission& change_submission = {});

  // Returns when the commit thread has seen the time that it is now.
  void settle();

  // Of the only policy.
  [[nodiscard]] std::shared_ptr<const Snapshot> snapshot() const {
    return policies->current()->snapshots().front();
  }

  // Codes of the last verdict that are at least warnings.
  [[nodiscard]] std::vector<FindingCode> blame(const SoftwareHost& host) const;

  ManualClock clock;
  storage::MemoryStore store;
  HostTable hosts;
  RecordingReplies replies;
  RecordingChanges changes;
  NonceAuthority nonces{NonceAuthority::Keys{}};
  std::unique_ptr<PoliciesInForce> policies;
  PipelineCounters counters;
  KeyCache keys{64};
  ExtendMemo extends{64};
  CurveKey server_key;
  ImageTimes images{store, {}};
  const LogTeller* logs = nullptr;  // of whoever judges
  Committer committer;

 private:
  std::size_t replies_seen_ = 0;
};

}  // namespace quotemill::testing
