#include "engine/pipeline/pipeline.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <semaphore>
#include <thread>
#include <utility>
#include <vector>

#include <tbb/blocked_range.h>
#include <tbb/enumerable_thread_specific.h>
#include <tbb/flow_graph.h>
#include <tbb/global_control.h>
#include <tbb/parallel_for.h>
#include <tbb/task_arena.h>

#include "engine/base/prefetch.h"
#include "engine/crypto/pkcs1_checker.h"
#include "engine/pipeline/limits.h"
#include "engine/pipeline/standing_back.h"

namespace quotemill {
namespace {

constexpr std::size_t kPrefetchedMax = 1'024;  // of an item; a quote without PCR values has less

// What the judgement of an item begins with, but for the item itself: looked up for a whole batch
// at once, because each look is a cache miss.
struct LookedUp {
  std::vector<std::optional<Host>> hosts;
  std::vector<std::shared_ptr<AttestationKey>> keys;  // null: not cached
};

// What moves along the edges: one batch, by shared pointer, because nodes copy their messages.
struct BatchInFlight {
  std::size_t sequence = 0;  // of those that go through the graph
  std::vector<Submission> submissions;
  std::vector<Judgement> judgements;
  std::size_t judged = 0;  // by the pump; the workers judge the others
  LookedUp found;
  std::shared_ptr<const PolicySet> policies;
  std::chrono::steady_clock::time_point begun;
};

using BatchMessage = std::shared_ptr<BatchInFlight>;

// In a fleet nothing of an item is in the processor's cache when its turn comes, and most of it is
// found by pointers that are not there, either. So it is fetched in three steps, each while another
// item before it is judged: none waits for what the step before has fetched.
void prefetch_objects(const BatchInFlight& batch, std::size_t i) {
  prefetch(&batch.submissions[i]);
  prefetch(batch.submissions[i].host.get());
  prefetch(batch.found.keys[i].get());
  if (const std::optional<Host>& host = batch.found.hosts[i]) {
    prefetch(host->state.get());
  }
}

void prefetch_proof(const BatchInFlight& batch, std::size_t i) {
  if (const std::optional<Host>& host = batch.found.hosts[i]) {
    prefetch(host->state->proof.get());
  }
}

void prefetch_contents(const BatchInFlight& batch, std::size_t i) {
  const Submission& submission = batch.submissions[i];
  prefetch(submission.item.data(), std::min(submission.item.size(), kPrefetchedMax));
  prefetch(submission.challenge.selections.data());
  if (const std::optional<Host>& host = batch.found.hosts[i]; host && host->state->proof) {
    const BootProof& proof = *host->state->proof;
    prefetch(proof.findings.data());
  }
  prefetch(&batch.judgements[i]);
}

}  // namespace

struct Pipeline::Graph {
  using CommitNode = tbb::flow::async_node<BatchMessage, tbb::flow::continue_msg>;

  // One of those who judge large items, half as many as there are workers: however many such items
  // come, the processors are not theirs alone.
  struct LargeLane {
    std::counting_semaphore<1> committed{0};
    std::thread thread;
  };

  Graph(const PipelineParts& pipeline_parts, unsigned workers)
      : parts(pipeline_parts),
        large_lanes(std::max(1U, workers / 2)),
        // TBB counts a calling thread as one of them; ours never works in the arena.
        parallelism(tbb::global_control::max_allowed_parallelism, workers + 1),
        arena(static_cast<int>(workers), 0),
        graph(make_graph()) {}

  // The graph runs in the arena of whoever constructs it.
  std::unique_ptr<tbb::flow::graph> make_graph() {
    std::unique_ptr<tbb::flow::graph> made;
    arena.execute([&made] { made = std::make_unique<tbb::flow::graph>(); });
    return made;
  }

  void begin(BatchInFlight& batch) const {
    batch.begun = std::chrono::steady_clock::now();
    batch.policies = parts.policies.current();
    batch.judgements.resize(batch.submissions.size());
    batch.found = look_up(batch.submissions);
  }

  // All up to `end` are the calling thread's: the next ones are fetched meanwhile.
  void judge_item(BatchInFlight& batch, std::size_t i, std::size_t end) noexcept {
    if (i + 3 < end) {
      prefetch_objects(batch, i + 3);
    }
    if (i + 2 < end) {
      prefetch_proof(batch, i + 2);
    }
    if (i + 1 < end) {
      prefetch_contents(batch, i + 1);
    }
    batch.judgements[i] = judge_one(std::move(batch.submissions[i]), batch.found.hosts[i],
                                    *batch.policies, batch.found.keys[i].get());
  }

  // Returns whether that was all of it.
  bool judge_alone(BatchInFlight& batch) noexcept {
    const std::size_t size = batch.submissions.size();
    const auto end = batch.begun + limits::kJudgedAloneMax;
    while (batch.judged < size && std::chrono::steady_clock::now() < end) {
      judge_item(batch, batch.judged++, size);
    }
    return batch.judged == size;
  }

  void judge_rest(BatchInFlight& batch) noexcept {
    using Range = tbb::blocked_range<std::size_t>;
    const Range rest(batch.judged, batch.submissions.size(), limits::kPieceItems);
    tbb::parallel_for(rest, [&](const Range& piece) {
      for (std::size_t i = piece.begin(); i < piece.end(); ++i) {
        judge_item(batch, i, piece.end());
      }
    });
  }

  LookedUp look_up(const std::vector<Submission>& submissions) const {
    std::vector<HostUid> uids(submissions.size());
    std::vector<const HostRecord*> records(submissions.size());
    for (const Submission& submission : submissions) {
      prefetch(submission.host.get());
    }
    for (std::size_t i = 0; i < submissions.size(); ++i) {
      records[i] = submissions[i].host.get();
      uids[i] = submissions[i].host->uid;
    }
    return {parts.hosts.find_all(uids), parts.keys.cached(records)};
  }

  Judgement judge_one(Submission submission, const PolicySet& policies) noexcept {
    const std::optional<Host> host = parts.hosts.find(submission.host->uid);
    return judge_one(std::move(submission), host, policies);
  }

  Judgement judge_one(Submission submission, const std::optional<Host>& host,
                      const PolicySet& policies, AttestationKey* key = nullptr) noexcept {
    // A host that is gone meanwhile is judged against nothing; the committer drops the result.
    const auto state = host ? host->state : std::make_shared<const HostState>();
    JudgeContext context{policies,      state,          parts.server_key, parts.keys,
                         parts.history, parts.counters, memos.local()};
    context.software = &software.local();
    context.proofs = &proofs.local();
    context.key = key;
    context.scratch = &scratch.local();
    context.logs = parts.logs;
    return judge(std::move(submission), context);
  }

  // One large item after another, until the inbox is closed and has none. The next one begins when
  // this one is committed: what is in flight is one a lane. If policies were replaced meanwhile its
  // host has to attest again: judging it a second time would hold up the commit thread.
  void judge_large(LargeLane& lane) noexcept {
    while (std::optional<Submission> submission =
               parts.inbox.take_large(&parts.counters.times.queue)) {
      std::vector<Judgement> alone(1);
      {
        const StageTimer timer(parts.counters.times.judge);
        alone.front() = judge_one(*std::move(submission), *parts.policies.current());
      }
      parts.committer.submit(std::move(alone), [&lane] { lane.committed.release(); });
      lane.committed.acquire();
    }
  }

  // To be called once all items are judged.
  void note_judged(const BatchInFlight& batch) const {
    parts.counters.times.judge.observe(std::chrono::duration_cast<std::chrono::microseconds>(
        std::chrono::steady_clock::now() - batch.begun));
  }

  void commit(BatchInFlight& batch) {
    graph->reserve_wait();
    parts.committer.submit(
        std::move(batch.judgements),
        [this] {
          parts.inbox.finished();
          tokens.release();
          graph->release_wait();
        },
        [this](Submission submission) {
          return judge_one(std::move(submission), *parts.policies.current());
        });
  }

  // Feeds the graph until the inbox is closed and empty. What is judged alone passes by it, if that
  // has nothing which must be committed before.
  void pump() {
    for (std::size_t sequence = 0;;) {
      std::vector<Submission> submissions = parts.inbox.take(&parts.counters.times.queue);
      if (submissions.empty()) {
        return;
      }
      tokens.acquire();
      auto batch = std::make_shared<BatchInFlight>();
      batch->submissions = std::move(submissions);
      begin(*batch);
      if (batch->submissions.size() <= limits::kJudgedAloneItemsMax &&
          in_graph.load(std::memory_order_acquire) == 0 && judge_alone(*batch)) {
        note_judged(*batch);
        commit(*batch);
        continue;
      }
      batch->sequence = sequence++;
      in_graph.fetch_add(1, std::memory_order_relaxed);
      judge_node.try_put(std::move(batch));
    }
  }

  PipelineParts parts;
  std::vector<LargeLane> large_lanes;
  std::counting_semaphore<limits::kBatchesInFlightMax> tokens{limits::kBatchesInFlightMax};
  std::atomic<std::size_t> in_graph{0};  // batches that the committer does not have yet
  tbb::global_control parallelism;
  tbb::task_arena arena;
  StandingBack standing_back{arena};
  tbb::enumerable_thread_specific<ExtendMemo> memos;
  tbb::enumerable_thread_specific<SoftwareMemo> software;
  tbb::enumerable_thread_specific<ProofMemo> proofs;
  tbb::enumerable_thread_specific<Pkcs1Scratch> scratch;
  std::unique_ptr<tbb::flow::graph> graph;
  tbb::flow::function_node<BatchMessage, BatchMessage> judge_node{
      *graph, tbb::flow::unlimited, [this](BatchMessage batch) noexcept {
        judge_rest(*batch);
        note_judged(*batch);
        return batch;
      }};
  tbb::flow::sequencer_node<BatchMessage> order_node{
      *graph, [](const BatchMessage& batch) { return batch->sequence; }};
  CommitNode commit_node{*graph, tbb::flow::serial,
                         [this](const BatchMessage& batch, CommitNode::gateway_type& /*gateway*/) {
                           commit(*batch);
                           in_graph.fetch_sub(1, std::memory_order_release);
                         }};
  std::thread pump_thread;
};

Pipeline::Pipeline(const PipelineParts& parts, unsigned threads)
    : graph_(std::make_unique<Graph>(
          parts, threads != 0 ? threads : std::max(1U, std::thread::hardware_concurrency()))) {
  tbb::flow::make_edge(graph_->judge_node, graph_->order_node);
  tbb::flow::make_edge(graph_->order_node, graph_->commit_node);
}

Pipeline::~Pipeline() {
  drain();
}

void Pipeline::start() {
  graph_->pump_thread = std::thread([this] { graph_->pump(); });
  for (Graph::LargeLane& lane : graph_->large_lanes) {
    lane.thread = std::thread([this, &lane] { graph_->judge_large(lane); });
  }
}

void Pipeline::drain() {
  graph_->parts.inbox.close();
  if (graph_->pump_thread.joinable()) {
    graph_->pump_thread.join();
  }
  for (Graph::LargeLane& lane : graph_->large_lanes) {
    if (lane.thread.joinable()) {
      lane.thread.join();
    }
  }
  graph_->graph->wait_for_all();
}

}  // namespace quotemill
