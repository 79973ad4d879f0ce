#include "bench/engine/judging.h"

#include <algorithm>
#include <string>
#include <utility>

#include <benchmark/benchmark.h>

#include "bench/workload/engine.h"
#include "storage/memory_store.h"

namespace quotemill::bench {
namespace {

// As many as the floors have keys, so that both find their data in the same caches.
constexpr unsigned kMachines = 64;

// One judgement to be made.
struct Task {
  Submission submission;
  std::shared_ptr<const HostState> state;
};

// A fleet of one image, and the engine that judges it.
struct Fleet {
  Fleet(KeyKind kind, const BootImage& image) : engine(store, store, image.log_of(0)) {
    for (unsigned number = 0; number < kMachines; ++number) {
      machines.emplace_back(kind, number, image.log_of(number));
    }
  }

  // Evidence with logs, of hosts that the engine never judged.
  std::vector<Task> first_contacts() const {
    std::vector<Task> tasks;
    for (const Machine& machine : machines) {
      tasks.push_back({machine.first_evidence(1), std::make_shared<const HostState>()});
    }
    return tasks;
  }

  // Quotes alone, of hosts that were proven completely just before.
  std::vector<Task> steady_state() {
    std::vector<Judgement> first;
    for (const Machine& machine : machines) {
      engine.enrol(machine);
      first.push_back(engine.judge(machine.first_evidence(1), engine.state_of(machine)));
    }
    engine.commit(std::move(first));
    std::vector<Task> tasks;
    for (const Machine& machine : machines) {
      tasks.push_back({machine.unchanged_evidence(2), engine.state_of(machine)});
    }
    return tasks;
  }

  storage::MemoryStore store;
  Engine engine;
  std::vector<Machine> machines;
};

// Whether each is judged trusted, with its boot proven completely: its PCR values are then those
// that plain_replay() gave the machine.
bool all_proven(Engine& engine, const std::vector<Task>& tasks) {
  return std::all_of(tasks.begin(), tasks.end(), [&engine](const Task& task) {
    const Judgement judgement = engine.judge(task.submission, task.state);
    return judgement.kind == JudgementKind::kVerdict &&
           judgement.verdict.state == TrustState::kTrusted && judgement.proof.has_value();
  });
}

void judge_all(benchmark::State& state, Engine& engine, const std::vector<Task>& tasks) {
  if (!all_proven(engine, tasks)) {
    state.SkipWithError("honest evidence is not judged trusted");
    return;
  }
  std::vector<Judgement> judgements(tasks.size());
  while (state.KeepRunningBatch(static_cast<benchmark::IterationCount>(tasks.size()))) {
    // Receiving the batch is not the engine's work; giving up what it judged is.
    state.PauseTiming();
    std::vector<Task> batch = tasks;
    state.ResumeTiming();
    for (std::size_t i = 0; i < batch.size(); ++i) {
      judgements[i] = engine.judge(std::move(batch[i].submission), std::move(batch[i].state));
    }
    judgements.assign(tasks.size(), {});
  }
  state.SetItemsProcessed(state.iterations());
}

void quote_only(benchmark::State& state, KeyKind kind, const BootImage& image) {
  Fleet fleet(kind, image);
  const std::vector<Task> tasks = fleet.steady_state();
  judge_all(state, fleet.engine, tasks);
  if (fleet.engine.counters.quote_enough < static_cast<std::uint64_t>(state.iterations())) {
    state.SkipWithError("a quote was not enough");
  }
}

void with_log(benchmark::State& state, const BootImage& image) {
  Fleet fleet(KeyKind::kRsa, image);
  judge_all(state, fleet.engine, fleet.first_contacts());
}

}  // namespace

void register_judging(const std::vector<BootImage>& images) {
  const BootImage model = model_image();
  for (const auto& [name, kind] :
       {std::pair{"rsa2048", KeyKind::kRsa}, std::pair{"ecdsa_p256", KeyKind::kEcP256}}) {
    benchmark::RegisterBenchmark((std::string("engine/quote_only/") + name).c_str(), quote_only,
                                 kind, model);
  }
  for (const BootImage& image : images) {
    for (const char* const what : {"first_seen", "fleet"}) {
      benchmark::RegisterBenchmark(
          (std::string("engine/") + what + "/" + image.name + "/rsa2048").c_str(), with_log, image);
    }
  }
}

}  // namespace quotemill::bench
