#include "bench/engine/judging.h"

#include <algorithm>
#include <functional>
#include <optional>
#include <utility>

#include <benchmark/benchmark.h>

#include "bench/workload/engine.h"
#include "bench/workload/grown_image.h"
#include "storage/memory_store.h"

namespace quotemill::bench {
namespace {

// One judgement to be made.
struct Task {
  Submission submission;
  std::shared_ptr<const HostState> state;
};

// Those who judge the tasks of a batch, in turn.
using Judges = std::vector<std::unique_ptr<Judge>>;

Judges one_judge(Knowledge& knowledge) {
  Judges judges;
  judges.push_back(std::make_unique<Judge>(knowledge));
  return judges;
}

// One for each task, who remembers nothing.
Judges forgetful_judges(Knowledge& knowledge, std::size_t count) {
  Judges judges;
  judges.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    judges.push_back(std::make_unique<Judge>(knowledge, 1));
  }
  return judges;
}

// Evidence with logs, of hosts that the engine never judged.
std::vector<Task> first_contacts(const std::vector<Machine>& machines) {
  std::vector<Task> tasks;
  tasks.reserve(machines.size());
  for (const Machine& machine : machines) {
    tasks.push_back({machine.first_evidence(), std::make_shared<const HostState>()});
  }
  return tasks;
}

// Quotes alone, of hosts that were proven completely just before.
std::vector<Task> steady_state(Engine& engine, const std::vector<Machine>& machines) {
  engine.enrol(machines);
  engine.prove(first_evidence(machines));
  std::vector<Task> tasks;
  tasks.reserve(machines.size());
  for (const Machine& machine : machines) {
    tasks.push_back({machine.unchanged_evidence(), engine.state_of(machine)});
  }
  return tasks;
}

// What is timed; bench/instructions counts it, too.
[[gnu::noinline]] void judge_batch(const Judges& judges, std::vector<Task>& batch,
                                   std::vector<Judgement>& judgements) {
  for (std::size_t i = 0; i < batch.size(); ++i) {
    Judge& judge = *judges[i % judges.size()];
    judgements[i] = judge.judge(std::move(batch[i].submission), std::move(batch[i].state));
  }
}

// Whether all are proven completely: the PCR values are then those that plain_replay() gave the
// machines.
bool all_proven(Judge& judge, const std::vector<Task>& tasks) {
  return std::all_of(tasks.begin(), tasks.end(), [&judge](const Task& task) {
    const Judgement judgement = judge.judge(task.submission, task.state);
    return judgement.kind == JudgementKind::kVerdict && judgement.proof != nullptr;
  });
}

// And trusted: they boot what the baseline has.
bool all_trusted(Judge& judge, const std::vector<Task>& tasks) {
  return std::all_of(tasks.begin(), tasks.end(), [&judge](const Task& task) {
    return judge.judge(task.submission, task.state).verdict.state == TrustState::kTrusted;
  });
}

// Judges the tasks again and again; each time by new judges, who remember nothing of the last.
void judge_all(benchmark::State& state, const std::vector<Task>& tasks,
               const std::function<Judges()>& next_judges) {
  std::vector<Judgement> judgements;
  std::vector<Task> batch;
  Judges judges;
  while (state.KeepRunningBatch(static_cast<benchmark::IterationCount>(tasks.size()))) {
    // The evidence was received by others, and its judgements are given up by others.
    state.PauseTiming();
    batch = tasks;
    judgements.assign(tasks.size(), {});
    judges = next_judges();
    state.ResumeTiming();
    judge_batch(judges, batch, judgements);
  }
  state.SetItemsProcessed(state.iterations());
}

void quote_only(benchmark::State& state, const Settings& settings, KeyKind kind) {
  const BootImage& image = settings.images.front();
  storage::MemoryStore store;
  Engine engine(store, store, image);
  const std::vector<Task> tasks =
      steady_state(engine, boot_machines(kind, image, settings.machines));
  Judge witness(engine.knowledge());
  if (!all_proven(witness, tasks) || witness.counters().quote_enough != tasks.size() ||
      !all_trusted(witness, tasks)) {
    state.SkipWithError("honest quotes are not judged trusted, or not enough");
    return;
  }
  judge_all(state, tasks, [&engine] { return one_judge(engine.knowledge()); });
}

// A policy for all hosts that has the data of each event held against its digest, in every bank.
AppliedPolicies policy_for_events() {
  PolicyRecord record;
  record.number = 1;
  record.id = "events";
  record.version = 1;
  record.text = R"([policy]
id = "events"
version = 1
priority = 1
[events]
unproven = "info"
)";
  return {std::make_shared<const PolicyRecord>(std::move(record))};
}

// Logs and all that is needed to judge them.
struct WithLogs {
  WithLogs(const Settings& settings, const BootImage& image, AppliedPolicies policies)
      : machines(boot_machines(KeyKind::kRsa, image, settings.machines)),
        tasks(first_contacts(machines)),
        another(first_contacts({Machine(KeyKind::kRsa, settings.machines, image)}).front()),
        knowledge(image, store, std::move(policies)) {
    knowledge.cache_keys(machines);
  }

  bool are_proven() {
    Judge witness(knowledge);
    return all_proven(witness, tasks) && all_trusted(witness, tasks) &&
           all_trusted(witness, {another});
  }

  std::vector<Machine> machines;
  std::vector<Task> tasks;
  Task another;  // of one machine more
  storage::MemoryStore store;
  Knowledge knowledge;
};

void with_logs(benchmark::State& state, WithLogs& logs,
               const std::function<Judges()>& next_judges) {
  if (!logs.are_proven()) {
    state.SkipWithError("honest evidence is not judged trusted");
    return;
  }
  judge_all(state, logs.tasks, next_judges);
}

void first_seen(benchmark::State& state, const Settings& settings, const BootImage& image,
                const AppliedPolicies& policies) {
  WithLogs logs(settings, image, policies);
  with_logs(state, logs, [&logs] { return forgetful_judges(logs.knowledge, logs.tasks.size()); });
}

void fleet(benchmark::State& state, const Settings& settings, const BootImage& image,
           const AppliedPolicies& policies) {
  WithLogs logs(settings, image, policies);
  with_logs(state, logs, [&logs] {
    Judges judges = one_judge(logs.knowledge);
    static_cast<void>(judges.front()->judge(logs.another.submission, logs.another.state));
    return judges;
  });
}

// --- How the cost grows

// A judge who has seen one machine of each image before.
void fleet_of_images(benchmark::State& state, const Settings& settings, unsigned count) {
  const BootImage image = different_images(count);
  // Each image is that of several machines.
  const unsigned machines = std::max(settings.machines, 4 * count);
  storage::MemoryStore store;
  Knowledge knowledge(image, store, count);
  std::vector<Machine> measured;
  std::vector<Machine> seen;
  for (unsigned number = 0; number < machines + count; ++number) {
    (number < machines ? measured : seen).emplace_back(KeyKind::kRsa, number, image);
  }
  knowledge.cache_keys(measured);
  const std::vector<Task> tasks = first_contacts(measured);
  const std::vector<Task> before = first_contacts(seen);
  Judge witness(knowledge);
  if (!all_proven(witness, tasks) || !all_trusted(witness, tasks)) {
    state.SkipWithError("honest evidence is not judged trusted");
    return;
  }
  judge_all(state, tasks, [&] {
    Judges judges = one_judge(knowledge);
    for (const Task& task : before) {
      static_cast<void>(judges.front()->judge(task.submission, task.state));
    }
    return judges;
  });
}

}  // namespace

void register_growth(const Settings& settings) {
  for (const unsigned events : {120U, 480U, 1'920U, 7'680U}) {
    benchmark::RegisterBenchmark(("growth/events/" + std::to_string(events)).c_str(), first_seen,
                                 settings, longer_image(events), AppliedPolicies());
  }
  for (const unsigned count : {1U, 4U, 16U, 64U}) {
    benchmark::RegisterBenchmark(("growth/images/" + std::to_string(count)).c_str(),
                                 fleet_of_images, settings, count);
  }
}

void register_judging(const Settings& settings) {
  benchmark::RegisterBenchmark("engine/quote_only/rsa2048", quote_only, settings, KeyKind::kRsa);
  benchmark::RegisterBenchmark("engine/quote_only/ecdsa_p256", quote_only, settings,
                               KeyKind::kEcP256);
  for (const BootImage& image : settings.images) {
    const std::string name = "/" + image.name + "/rsa2048";
    for (const auto& [suffix, policies] :
         {std::pair("", AppliedPolicies()), std::pair("_events", policy_for_events())}) {
      benchmark::RegisterBenchmark(("engine/first_seen" + (suffix + name)).c_str(), first_seen,
                                   settings, image, policies);
      benchmark::RegisterBenchmark(("engine/fleet" + (suffix + name)).c_str(), fleet, settings,
                                   image, policies);
    }
  }
}

}  // namespace quotemill::bench
