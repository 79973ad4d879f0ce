// FleetRun: re-appraisal of many hosts, in the background, page by page.
//
// A what-if judges under the policies that it was given, and writes nothing. A real run judges
// under those in force and replaces verdicts through the commit thread; where it is, is kept in a
// file after each page of hosts, so that whoever continues it after an interruption, a restart or a
// kill loses a page at most, and repeating that changes nothing. If the policies in force change
// meanwhile, a real run begins anew: what was judged by others is judged again.
//
// It works on threads of low priority: beside them hosts that attest come first.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "deploy/quotemilld/judging_threads.h"
#include "deploy/quotemilld/keep_act.h"
#include "engine/pipeline/committer.h"
#include "engine/pipeline/fleet_reappraisal.h"
#include "engine/policy/selector_text.h"

namespace quotemill::daemon {

enum class RunKind : std::uint8_t { kWhatIf, kReal };

struct RunRequest {
  RunKind kind = RunKind::kWhatIf;
  std::string selector;                       // selector_text.h; empty: all hosts
  std::shared_ptr<const PolicySet> policies;  // of a what-if
  StoredSignatures signatures = StoredSignatures::kBelieved;
  std::string by;  // the operator
};

// All borrowed; they outlive the FleetRuns.
struct FleetRunParts {
  const HostTable& hosts;
  const History& history;
  const PoliciesInForce& policies;
  const CurveKey& server_key;
  std::function<Result<ReappraisalCommit>(std::vector<ReappraisedHost>)> commit;
  std::string position_file;  // where a real run is; empty: kept nowhere
  unsigned threads = 0;       // 0: one per processor
};

// One run at a time. Any thread.
class FleetRuns {
 public:
  // Finds what was interrupted when the daemon ended.
  explicit FleetRuns(FleetRunParts parts);
  // Interrupts.
  ~FleetRuns();
  FleetRuns(const FleetRuns&) = delete;
  FleetRuns& operator=(const FleetRuns&) = delete;

  // kConflict while one is running; kConfig if the selector is none; kNotFound if it selects no
  // host; what `keep` says. Returns its number.
  Result<std::uint64_t> start(const RunRequest& request, const KeepAct& keep = {});
  // Goes on with the real run that was interrupted last, whatever was asked since, unless another
  // real one was begun; kNotFound if there is none.
  Result<std::uint64_t> resume(const KeepAct& keep = {});
  // A real run can be resumed then. kNotFound if none is running.
  Result<void> interrupt();

  // run (0: none), kind, state (none, running, done, interrupted, failed), error, selector, by,
  // hosts, done, per_second, elapsed_ms, remaining_ms, distinct_logs, logs_judged, begun_anew,
  // changed, rewritten, overtaken, blast{}; interrupted{selector, by, done}, the one that resume()
  // goes on with, or null.
  [[nodiscard]] transport::Json status() const;

 private:
  enum class State : std::uint8_t { kNone, kRunning, kDone, kInterrupted, kFailed };

  struct Progress {
    std::uint64_t number = 0;
    RunKind kind = RunKind::kWhatIf;
    State state = State::kNone;
    std::string error;
    std::string selector;
    std::string by;
    std::string after;      // hosts up to this name are done
    std::string judged_by;  // the set of policies that they were judged under; empty: unknown
    bool checks_signatures = false;
    std::uint64_t hosts = 0;
    std::uint64_t done = 0;
    std::uint64_t done_before = 0;  // by the run that this one goes on with
    std::uint64_t begun_anew = 0;
    std::uint64_t distinct_logs = 0;
    std::uint64_t logs_judged = 0;
    ReappraisalCommit committed;
    std::int64_t elapsed_ms = 0;
    BlastTally tally;
  };

  Result<std::uint64_t> begin(const RunRequest& request, const Progress& from, const KeepAct& keep);
  void run(const RunRequest& request, const HostSelector& selector);
  Result<void> work_through(const RunRequest& request, const HostSelector& selector);
  Result<bool> pass(const RunRequest& request, const HostSelector& selector);
  void go_on_under(const PolicySet& policies);
  void begin_anew();
  [[nodiscard]] std::string position() const;
  [[nodiscard]] unsigned threads() const;
  [[nodiscard]] bool selects_any(const HostSelector& selector) const;
  Result<std::shared_ptr<const LogClasses>> tell_logs(const HostSelector& selector,
                                                      const std::string& after);
  Result<ReappraisalCommit> commit(std::vector<ReappraisedHost> differing);
  void note(const JudgedPage& page, const ReappraisalCommit& committed);
  Result<void> keep_position() const;
  void forget_position() const;
  void recall_position();
  void end(State state, std::string error);

  const FleetRunParts parts_;
  mutable std::mutex mutex_;
  Progress progress_;
  std::optional<Progress> interrupted_;  // a real run that resume() goes on with
  std::int64_t begun_ms_ = 0;
  std::int64_t kept_ms_ = 0;  // the run's thread's own
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

}  // namespace quotemill::daemon
