// Committer: the serial last stage, and the only owner of host state.
//
// Everything that changes a host goes through its thread, one after another: judged batches (in
// order), changes of identity, expiry by time. It drops every result that is not current any more
// (another generation or sequence: deleted, re-enrolled, overtaken), makes the changes of trust,
// writes one durable batch, and only then updates the host table, sends receipts and publishes.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <future>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

#include "engine/pipeline/counters.h"
#include "engine/pipeline/deadlines.h"
#include "engine/pipeline/host_outcomes.h"
#include "engine/pipeline/host_table.h"
#include "engine/pipeline/image_times.h"
#include "engine/pipeline/judge.h"
#include "engine/pipeline/nonce_authority.h"
#include "engine/pipeline/policies_in_force.h"
#include "engine/pipeline/receipt_maker.h"
#include "engine/pipeline/registrar.h"
#include "engine/ports/change_sink.h"
#include "engine/ports/clock.h"
#include "engine/ports/reply_sink.h"
#include "engine/ports/verdict_log.h"

namespace quotemill {

// All borrowed; they outlive the Committer.
struct CommitterPorts {
  VerdictLog& log;
  HostTable& hosts;
  ReplySink& replies;
  ChangeSink& changes;
  const Clock& clock;
  const NonceAuthority& nonces;
  PoliciesInForce& policies;
  PipelineCounters& counters;
  ImageTimes* images = nullptr;  // null: nobody asks for them
};

// What was read from the store at start-up.
struct CommitterStart {
  std::string stream_id;
  std::uint64_t last_change = 0;
  WallTime last_time;  // no stored time is later
  std::vector<TokenRecord> tokens;
  std::uint64_t seed = 0;  // of the jitter; from the system's random source
  AuditHead audit = {};
  Digest chain = {};  // id_of() the newest change; zeros if none is kept
  // A loop of the commit thread that takes so long is a pause of ours (a machine that was stopped,
  // a store that hung), which counts against no host. 0: there are none.
  std::int64_t pause_ms = 0;

  static constexpr std::int64_t kPauseMs = 10'000;  // no commit takes so long of a store that works
};

// The last evidence of a host, judged under other policies (fleet_reappraisal.h).
struct ReappraisedHost {
  Host host;  // as it was when it was judged
  Verdict verdict;
  std::shared_ptr<const BootProof> proof;  // null: as it was
};

// What became of them.
struct ReappraisalCommit {
  std::uint64_t changed = 0;    // to another state
  std::uint64_t rewritten = 0;  // the same state for other reasons
  // Not done: the host attested, turned stale, was deleted or re-enrolled meanwhile, or another
  // policy is for it now.
  std::uint64_t overtaken = 0;
};

class Committer final : public Registrar {
 public:
  Committer(const CommitterPorts& ports, CommitterStart start);
  ~Committer() override;

  // Starts the thread. Hosts already in the table get their deadlines; none turns stale before one
  // attestation interval has passed.
  void start();

  // Judges a submission by the policies in force. Called on the commit thread, where none can come
  // between.
  using JudgeAgain = std::function<Judgement(Submission)>;

  // A judged batch, in order. `done` is called after its replies are delivered. After stop() all of
  // it is answered kBusy at once, on the caller's thread. What was judged by policies that are not
  // in force for its host any more is judged again; without `judge_again` it is answered kConflict.
  // Any thread.
  void submit(std::vector<Judgement> batch, std::function<void()> done,
              JudgeAgain judge_again = {});

  Result<std::shared_ptr<const HostRecord>> change(IdentityDecision decide) override;

  // Replaces the verdicts of hosts to whom nothing happened since they were judged, and that the
  // policies in force would judge so: never a newer verdict. At most limits::kBatchItemsMax. Blocks
  // until durable; after an Error nothing of it is done. Any thread. kBusy while shutting down.
  Result<ReappraisalCommit> commit_reappraised(std::vector<ReappraisedHost> hosts);

  // Gives the stream a new id, because the store is found to have lost something.
  void renew_stream();

  // Handles everything submitted so far, then ends the thread. Later changes are kBusy.
  void stop();

 private:
  struct BatchTask {
    std::vector<Judgement> judgements;
    std::function<void()> done;
    JudgeAgain judge_again;
  };

  struct IdentityTask {
    IdentityDecision decide;
    std::promise<Result<std::shared_ptr<const HostRecord>>> answer;
  };

  struct ReappraisalTask {
    std::vector<ReappraisedHost> hosts;
    std::promise<Result<ReappraisalCommit>> answer;
  };

  struct RenewStreamTask {};

  using Task = std::variant<BatchTask, IdentityTask, ReappraisalTask, RenewStreamTask>;

  // One durable write in the making: what is written, and what follows once it is.
  struct Write {
    CommitBatch batch;
    std::vector<Reply> replies;
    HostOutcomes outcomes;
    std::vector<ImageTime> images;  // that hosts attested to

    // Room for so many verdicts.
    void reserve(std::size_t verdicts) {
      batch.reaffirmed.reserve(verdicts);
      replies.reserve(verdicts);
      outcomes.reserve(verdicts);
    }

    // Empties it. The memory stays of what each verdict takes a part of: so large a piece, given
    // back and asked for again with each batch, has malloc tidy up each time.
    void clear() {
      std::vector<Reaffirmation> reaffirmed = std::move(batch.reaffirmed);
      reaffirmed.clear();
      batch = {};
      batch.reaffirmed = std::move(reaffirmed);
      replies.clear();
      outcomes.clear();
      images.clear();
    }
  };

  void set_deadlines(Moment now, const PolicySet& policies);
  void run();
  bool post(Task&& task);  // false while stopping: the task is untouched then
  void handle(BatchTask& task);
  void note_receipts(const BatchTask& task);
  void handle(IdentityTask& task);
  void handle(ReappraisalTask& task);
  void handle(const RenewStreamTask& task);

  // Whether the verdict may still replace the one of the host.
  [[nodiscard]] bool is_still_so(const ReappraisedHost& judged) const;
  void add_reappraised(ReappraisedHost& judged, Write& write, ReappraisalCommit& done);
  // `host`: as the table has it.
  void add_judgement(Judgement& judgement, const std::optional<Host>& host,
                     const JudgeAgain& judge_again, Write& write);
  // Whether that is all of it: no verdict was come to.
  bool answer_error(Judgement& judgement, Write& write);
  void keep_in_force(Judgement& judgement, const HostRecord& record, const HostState& state,
                     const JudgeAgain& judge_again) const;
  void add_verdict(Judgement& judgement, const HostRecord& record, const HostState& previous,
                   Write& write);
  void add_state(const HostRecord& record, const HostState& previous,
                 const std::shared_ptr<HostState>& next, WallTime now, Write& write);
  void replace_state(HostState state, Write& write);
  // The host's record from now on; who it was in the generation before is kept.
  void add_record(const std::shared_ptr<const HostRecord>& record, Write& write) const;
  void reset_state(const HostRecord& record, const IdentityUpdate& update, Write& write);
  // Judged by nobody from now on, if no policy is for the host any more.
  void leave_to_nobody(const HostRecord& record, Write& write);
  void keep_some_to_policies();
  // The host's deadline is none that its policy does not give it; nor a later one than was written.
  void keep_to(const FreshnessRules& rules, const HostUid& host, std::int64_t written_ms);
  // What changed while nobody was to be woken, told when that ends.
  void tell_after_maintenance(const HostRecord& record, Write& write);
  void expire(Moment now);
  void end_terms(const std::vector<Deadlines::Due>& due, Moment now);
  void end_term(const Host& host, const Deadlines::Term& term, Moment now, Write& write);
  void show_overdue(const std::vector<Deadlines::Due>& due, Moment now);
  [[nodiscard]] bool takes_writes_again(const std::vector<Deadlines::Due>& due);
  [[nodiscard]] std::shared_ptr<HostState> stale_state(const HostRecord& record,
                                                       const HostState& previous, Moment now);
  // What the store has of the host: a reader may be shown that it is overdue (unrecorded_).
  [[nodiscard]] std::shared_ptr<const HostState> recorded(const Host& host) const;
  void end_outage();
  void note_pause(Moment now);
  Result<void> write_durably(Write& write);
  // Into the table, with their deadlines. Takes them.
  void put_states(std::vector<HostOutcome>& outcomes);
  void count_verdicts(const CommitBatch& batch);
  void note_images(const std::vector<ImageTime>& attested);
  void keep_images(bool is_end);
  void put_host(const std::shared_ptr<const HostRecord>& record, Moment now);
  // What is stored is dated by it: the wall clock, but never back. Many verdicts have the same:
  // with a millisecond each, those of a busy fleet would be dated ahead of the clock, by ever more.
  [[nodiscard]] WallTime store_time();
  // Later than any before: revisions of a verdict are told apart by it.
  [[nodiscard]] WallTime time_of_its_own();
  // For what ends by time (validities, tokens, maintenance): its wall clock never goes back,
  // neither by being set nor by a restart.
  [[nodiscard]] Moment moment_of_ends();
  [[nodiscard]] std::shared_ptr<const Snapshot> snapshot_for(const HostRecord& record,
                                                             const HostState& state) const;

  CommitterPorts ports_;
  std::string stream_id_;
  std::uint64_t last_change_;
  Digest chain_;  // id of that change
  WallTime last_time_;
  std::unordered_map<std::string, TokenRecord> tokens_;
  AuditHead audit_;
  ReceiptMaker receipts_;
  Write judged_;  // what becomes of a batch; empty between batches
  Deadlines deadlines_;

  // A host that turned stale while the store refused to hear of it: stale for every reader, and as
  // it was for the store and for the changes to come.
  struct Unrecorded {
    std::shared_ptr<const HostState> recorded;
    Deadlines::Term term;
  };

  std::unordered_map<HostUid, Unrecorded> unrecorded_;
  std::optional<BootTime> refusing_since_;  // the first commit that failed since one did not
  std::int64_t pause_ms_;
  BootTime started_;
  BootTime looped_;
  Moment ends_;
  // Of the hosts behind this name it is yet to be seen which policy is for them, if any. Unset: of
  // none.
  std::optional<std::string> unseen_after_;

  std::mutex mutex_;
  std::condition_variable posted_;
  std::deque<Task> tasks_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace quotemill
