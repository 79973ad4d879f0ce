#include "bench/storage/commits.h"

#include <benchmark/benchmark.h>

#include "bench/storage/verdict_batches.h"
#include "bench/workload/temp_folder.h"
#include "storage/rocks_store.h"

namespace quotemill::bench {
namespace {

constexpr unsigned kHosts = 256;
static_assert(kHosts == limits::kBatchItemsMax);

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
  CommitBatch batch = unchanged_verdicts(settings.images.front(), kHosts);
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

// The appraisals, and the logs that they were judged with.
bool are_booted(const storage::RocksStore& store, const CommitBatch& batch) {
  for (std::size_t i = 0; i < batch.history.size(); ++i) {
    const HistoryEntry& entry = batch.history[i];
    const auto found = store.history(entry.host, 0, 1);
    const auto log = store.boot_log(entry.boot_log);
    if (!found || found->size() != 1 || found->front().sequence != entry.sequence ||
        found->front().evidence_item != entry.evidence_item ||
        found->front().boot_log != entry.boot_log ||
        found->front().verdict.state != TrustState::kTrusted || !log ||
        *log != batch.boot_logs[i].content) {
      return false;
    }
  }
  return batch.history.size() == kHosts && batch.states.size() == kHosts;
}

void commit_fleet(benchmark::State& state, const Settings& settings) {
  const TempFolder folder;
  const auto store = storage::RocksStore::open({.path = folder / "store"});
  BootedFleet fleet(settings.images.front(), kHosts);
  bool is_committed = static_cast<bool>(store);
  for (unsigned group = 0; is_committed && group < BootedFleet::kGroups; ++group) {
    is_committed = (*store)->commit(fleet.batch()) && are_booted(**store, fleet.batch());
    fleet.tell(**store);
    fleet.advance();
  }
  while (is_committed && state.KeepRunningBatch(kHosts)) {
    is_committed = static_cast<bool>((*store)->commit(fleet.batch()));
    state.PauseTiming();
    fleet.advance();
    state.ResumeTiming();
  }
  if (!is_committed || !(*store)->commit(fleet.batch()) || !are_booted(**store, fleet.batch())) {
    state.SkipWithError("what was committed is not there");
  }
  state.SetItemsProcessed(state.iterations());
}

}  // namespace

void register_commits(const Settings& settings) {
  benchmark::RegisterBenchmark("storage/commit/256", commit, settings)->UseRealTime();
  benchmark::RegisterBenchmark("storage/commit_fleet/256", commit_fleet, settings)->UseRealTime();
}

}  // namespace quotemill::bench
