#include "bench/storage/commits.h"

#include <utility>

#include <benchmark/benchmark.h>

#include "bench/workload/engine.h"
#include "bench/workload/temp_folder.h"
#include "storage/memory_store.h"
#include "storage/rocks_store.h"

namespace quotemill::bench {
namespace {

constexpr unsigned kHosts = 256;
static_assert(kHosts == limits::kBatchItemsMax);

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

// The commit stage's own batch for one unchanged quote of each host.
CommitBatch unchanged_verdicts(const BootImage& image) {
  LastCommit last;
  const storage::MemoryStore history;
  Engine engine(last, history, image);
  const std::vector<Machine> machines = boot_machines(KeyKind::kRsa, image, kHosts);
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

// The next verdict on each host, which says the same.
void advance(CommitBatch& batch) {
  for (Reaffirmation& one : batch.reaffirmed) {
    auto next = std::make_shared<HostState>(*one.state);
    ++next->sequence;
    one.entry.sequence = next->sequence;
    one.state = std::move(next);
  }
}

bool is_there(const storage::RocksStore& store, const CommitBatch& batch) {
  for (const Reaffirmation& one : batch.reaffirmed) {
    const auto found = store.history(one.entry.host, 0, 1);
    if (!found || found->size() != 1 || found->front().sequence != one.entry.sequence ||
        found->front().evidence_item != one.entry.evidence_item ||
        found->front().verdict.state != TrustState::kTrusted) {
      return false;
    }
  }
  return batch.reaffirmed.size() == kHosts;
}

void commit(benchmark::State& state, const Settings& settings) {
  const TempFolder folder;
  const auto store = storage::RocksStore::open({.path = folder / "store"});
  CommitBatch batch = unchanged_verdicts(settings.images.front());
  bool is_committed = store && (*store)->commit(batch) && is_there(**store, batch);
  while (is_committed && state.KeepRunningBatch(kHosts)) {
    state.PauseTiming();
    advance(batch);
    state.ResumeTiming();
    is_committed = static_cast<bool>((*store)->commit(batch));
  }
  if (!is_committed || !is_there(**store, batch)) {
    state.SkipWithError("what was committed is not there");
  }
  state.SetItemsProcessed(state.iterations());
}

}  // namespace

void register_commits(const Settings& settings) {
  benchmark::RegisterBenchmark("storage/commit/256", commit, settings)->UseRealTime();
}

}  // namespace quotemill::bench
