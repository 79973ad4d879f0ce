#include "bench/storage/verdict_batches.h"

#include <utility>

#include "bench/workload/engine.h"
#include "storage/memory_store.h"

namespace quotemill::bench {
namespace {

// Keeps what the commit stage last asked to be made durable.
class LastCommit final : public VerdictLog {
 public:
  Result<void> commit(const CommitBatch& batch) override {
    batch_ = batch;
    return {};
  }

  Result<std::string> renew_stream() override { return std::string("bench"); }

  [[nodiscard]] const CommitBatch& batch() const { return batch_; }

 private:
  CommitBatch batch_;
};

}  // namespace

CommitBatch unchanged_verdicts(const BootImage& image, unsigned hosts) {
  LastCommit last;
  const storage::MemoryStore history;
  Engine engine(last, history, image);
  const std::vector<Machine> machines = boot_machines(KeyKind::kRsa, image, hosts);
  engine.enrol(machines);
  engine.prove(first_evidence(machines));
  Judge judge(engine.knowledge());
  std::vector<Judgement> batch;
  for (const Machine& machine : machines) {
    batch.push_back(judge.judge(machine.unchanged_evidence(), engine.state_of(machine)));
  }
  engine.commit(std::move(batch));
  return last.batch();
}

void advance(CommitBatch& batch) {
  for (Reaffirmation& one : batch.reaffirmed) {
    auto next = std::make_shared<HostState>(*one.state);
    ++next->sequence;
    one.entry.sequence = next->sequence;
    one.state = std::move(next);
  }
}

}  // namespace quotemill::bench
