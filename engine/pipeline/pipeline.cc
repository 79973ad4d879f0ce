#include "engine/pipeline/pipeline.h"

#include <algorithm>
#include <semaphore>
#include <thread>
#include <utility>
#include <vector>

#include <tbb/enumerable_thread_specific.h>
#include <tbb/flow_graph.h>
#include <tbb/global_control.h>
#include <tbb/parallel_for.h>
#include <tbb/task_arena.h>

#include "engine/base/limits.h"

namespace quotemill {
namespace {

// What moves along the edges: one batch, by shared pointer, because nodes copy their messages.
struct BatchInFlight {
  std::size_t sequence = 0;
  std::vector<Submission> submissions;
  std::vector<Judgement> judgements;
};

using BatchMessage = std::shared_ptr<BatchInFlight>;

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
        // TBB counts a calling thread as one of them; ours only feeds and never judges.
        parallelism(tbb::global_control::max_allowed_parallelism, workers + 1),
        arena(static_cast<int>(workers), 0),
        graph(make_graph()) {}

  // The graph runs in the arena of whoever constructs it.
  std::unique_ptr<tbb::flow::graph> make_graph() {
    std::unique_ptr<tbb::flow::graph> made;
    arena.execute([&made] { made = std::make_unique<tbb::flow::graph>(); });
    return made;
  }

  void judge_batch(BatchInFlight& batch) noexcept {
    const StageTimer timer(parts.counters.times.judge);
    const std::shared_ptr<const PolicySet> policies = parts.policies.current();
    batch.judgements.resize(batch.submissions.size());
    std::vector<HostUid> uids(batch.submissions.size());
    std::transform(batch.submissions.begin(), batch.submissions.end(), uids.begin(),
                   [](const Submission& submission) { return submission.host->uid; });
    const std::vector<std::optional<Host>> hosts = parts.hosts.find_all(uids);
    tbb::parallel_for(std::size_t{0}, batch.submissions.size(), [&](std::size_t i) {
      batch.judgements[i] = judge_one(std::move(batch.submissions[i]), hosts[i], *policies);
    });
  }

  Judgement judge_one(Submission submission, const PolicySet& policies) noexcept {
    const std::optional<Host> host = parts.hosts.find(submission.host->uid);
    return judge_one(std::move(submission), host, policies);
  }

  Judgement judge_one(Submission submission, const std::optional<Host>& host,
                      const PolicySet& policies) noexcept {
    // A host that is gone meanwhile is judged against nothing; the committer drops the result.
    const auto state = host ? host->state : std::make_shared<const HostState>();
    return judge(std::move(submission),
                 {policies, state, parts.server_key, parts.keys, parts.history, parts.counters,
                  memos.local(), &software.local(), nullptr, &proofs.local()});
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

  void commit(const BatchMessage& batch, CommitNode::gateway_type& gateway) {
    gateway.reserve_wait();
    parts.committer.submit(
        std::move(batch->judgements),
        [this, &gateway] {
          parts.inbox.finished();
          tokens.release();
          gateway.release_wait();
        },
        [this](Submission submission) {
          return judge_one(std::move(submission), *parts.policies.current());
        });
  }

  // Feeds the graph until the inbox is closed and empty.
  void pump() {
    for (std::size_t sequence = 0;; ++sequence) {
      std::vector<Submission> submissions = parts.inbox.take(&parts.counters.times.queue);
      if (submissions.empty()) {
        return;
      }
      tokens.acquire();
      auto batch = std::make_shared<BatchInFlight>();
      batch->sequence = sequence;
      batch->submissions = std::move(submissions);
      judge_node.try_put(std::move(batch));
    }
  }

  PipelineParts parts;
  std::vector<LargeLane> large_lanes;
  std::counting_semaphore<limits::kBatchesInFlightMax> tokens{limits::kBatchesInFlightMax};
  tbb::global_control parallelism;
  tbb::task_arena arena;
  tbb::enumerable_thread_specific<ExtendMemo> memos;
  tbb::enumerable_thread_specific<SoftwareMemo> software;
  tbb::enumerable_thread_specific<ProofMemo> proofs;
  std::unique_ptr<tbb::flow::graph> graph;
  tbb::flow::function_node<BatchMessage, BatchMessage> judge_node{
      *graph, tbb::flow::unlimited, [this](BatchMessage batch) noexcept {
        judge_batch(*batch);
        return batch;
      }};
  tbb::flow::sequencer_node<BatchMessage> order_node{
      *graph, [](const BatchMessage& batch) { return batch->sequence; }};
  CommitNode commit_node{*graph, tbb::flow::serial,
                         [this](const BatchMessage& batch, CommitNode::gateway_type& gateway) {
                           commit(batch, gateway);
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
