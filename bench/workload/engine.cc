#include "bench/workload/engine.h"

#include <future>
#include <utility>

namespace quotemill::bench {

Engine::Engine(VerdictLog& verdicts, const History& history, const BootImage& image,
               AppliedPolicies policies)
    : knowledge_(image, history, std::move(policies)),
      committer_(
          {verdicts, hosts_, replies_, changes_, clock_, nonces_, *knowledge_.policies, counters_},
          CommitterStart{"bench", 0, {}, {}, 42}) {
  committer_.start();
}

Engine::~Engine() {
  committer_.stop();
}

void Engine::enrol(const std::vector<Machine>& machines) {
  for (const Machine& machine : machines) {
    hosts_.put(std::make_shared<const HostRecord>(machine.record()));
  }
}

void Engine::prove(const std::vector<Submission>& first_evidence) {
  Judge judge(knowledge_);
  std::vector<Judgement> batch;
  for (const Submission& submission : first_evidence) {
    batch.push_back(judge.judge(submission, std::make_shared<const HostState>()));
    batch.back().submission.boot_log.clear();
    if (batch.size() == limits::kBatchItemsMax) {
      commit(std::exchange(batch, {}));
    }
  }
  commit(std::move(batch));
}

void Engine::make_keys_ready(const std::vector<Submission>& evidence) {
  Judge judge(knowledge_);
  for (const Submission& submission : evidence) {
    static_cast<void>(judge.judge(submission, std::make_shared<const HostState>()));
  }
}

std::shared_ptr<const HostState> Engine::state_of(const Machine& machine) const {
  const std::optional<Host> host = hosts_.find(machine.record().uid);
  return host ? host->state : std::make_shared<const HostState>();
}

void Engine::commit(std::vector<Judgement> batch) {
  std::promise<void> done;
  committer_.submit(std::move(batch), [&done] { done.set_value(); });
  done.get_future().wait();
}

PipelineParts Engine::parts(Inbox& inbox, const LogTeller* logs) {
  return {inbox,
          committer_,
          hosts_,
          *knowledge_.policies,
          knowledge_.history,
          knowledge_.keys,
          counters_,
          knowledge_.server_key,
          logs};
}

}  // namespace quotemill::bench
