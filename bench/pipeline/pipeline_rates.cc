#include "bench/pipeline/pipeline_rates.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <utility>

#include <benchmark/benchmark.h>

#include "bench/pipeline/confinement.h"
#include "bench/workload/engine.h"
#include "bench/workload/temp_folder.h"
#include "storage/rocks_store.h"

namespace quotemill::bench {
namespace {

constexpr unsigned kBatchAgeMs = 2;  // as in the daemon's default configuration

// A full inbox has work for a hundred times as long.
constexpr std::chrono::microseconds kFullInboxWait{500};

enum class Kind { kQuoteOnly, kFleet };

// A fleet and what it says. Signed once and used again, because signing takes longer than judging.
struct SignedFleet {
  SignedFleet(Kind of, const Settings& settings)
      : kind(of),
        image(settings.images.front()),
        machines(boot_machines(KeyKind::kRsa, image, settings.fleet)),
        first(first_evidence(machines)) {
    if (kind == Kind::kQuoteOnly) {
      unchanged = unchanged_evidence(machines);
    }
  }

  // What arrives while time is taken.
  [[nodiscard]] const std::vector<Submission>& arriving() const {
    return kind == Kind::kQuoteOnly ? unchanged : first;
  }

  Kind kind;
  BootImage image;
  std::vector<Machine> machines;
  std::vector<Submission> first;
  std::vector<Submission> unchanged;
};

// An engine with a store of its own on the disk, in front of which the evidence arrives.
class Arrivals {
 public:
  Arrivals(const SignedFleet& fleet, std::unique_ptr<TempFolder> folder,
           std::unique_ptr<storage::RocksStore> store, unsigned threads)
      : fleet_(fleet),
        folder_(std::move(folder)),
        store_(std::move(store)),
        engine_(*store_, *store_, fleet.image),
        pipeline_(engine_.parts(inbox_, store_.get()), threads) {
    engine_.enrol(fleet.machines);
    if (fleet.kind == Kind::kQuoteOnly) {
      engine_.prove(fleet.first);
    } else {
      engine_.make_keys_ready(fleet.first);
    }
    replies_ = engine_.replies().receipts();
    waiting_ = fleet_.arriving();
    pipeline_.start();
  }

  // All of it, as fast as the inbox takes it, until the last reply is delivered. False if one was no
  // receipt.
  bool run() {
    for (Submission& submission : waiting_) {
      if (!offer(submission)) {
        return false;
      }
    }
    replies_ += waiting_.size();
    engine_.replies().wait_for(replies_);
    return engine_.replies().others() == 0;
  }

  [[nodiscard]] bool all_trusted() const {
    return std::all_of(fleet_.machines.begin(), fleet_.machines.end(), [this](const auto& machine) {
      const auto state = engine_.state_of(machine);
      return state->state == TrustState::kTrusted && state->proof != nullptr &&
             state->sequence == fleet_.arriving().front().challenge.sequence;
    });
  }

 private:
  bool offer(Submission& submission) {
    Result<void> offered = inbox_.offer(std::move(submission));
    while (!offered && offered.error().code == ErrorCode::kBusy) {  // it is as it was then
      std::this_thread::sleep_for(kFullInboxWait);
      offered = inbox_.offer(std::move(submission));
    }
    return static_cast<bool>(offered);
  }

  const SignedFleet& fleet_;
  std::unique_ptr<TempFolder> folder_;
  std::unique_ptr<storage::RocksStore> store_;
  Engine engine_;
  Inbox inbox_{limits::kInboxItemsMax, limits::kInboxBytesMax, kBatchAgeMs};
  Pipeline pipeline_;
  std::vector<Submission> waiting_;
  std::uint64_t replies_ = 0;
};

std::unique_ptr<Arrivals> arrivals_of(const SignedFleet& fleet, unsigned threads) {
  auto folder = std::make_unique<TempFolder>();
  auto store = storage::RocksStore::open({.path = *folder / "store"});
  return store ? std::make_unique<Arrivals>(fleet, std::move(folder), *std::move(store), threads)
               : nullptr;
}

void measure(benchmark::State& state, const SignedFleet& fleet, unsigned threads) {
  const Confinement confinement(threads);
  if (!confinement.holds()) {
    state.SkipWithError("not so many CPUs");
    return;
  }
  std::unique_ptr<Arrivals> arrivals = arrivals_of(fleet, threads);
  if (!arrivals || !arrivals->run() || !arrivals->all_trusted()) {
    state.SkipWithError("honest evidence is not judged trusted");
    return;
  }
  bool is_answered = true;
  while (state.KeepRunningBatch(static_cast<benchmark::IterationCount>(fleet.machines.size()))) {
    state.PauseTiming();
    // The same evidence counts once more only for a store that has not seen it.
    arrivals.reset();
    arrivals = arrivals_of(fleet, threads);
    state.ResumeTiming();
    is_answered = arrivals && arrivals->run() && is_answered;
  }
  if (!is_answered || !arrivals->all_trusted()) {
    state.SkipWithError("evidence was not answered, or not judged trusted");
  }
  state.SetItemsProcessed(state.iterations());
}

}  // namespace

void register_pipeline_rates(const Settings& settings) {
  for (const auto& [name, kind] :
       {std::pair{"quote_only", Kind::kQuoteOnly}, std::pair{"fleet", Kind::kFleet}}) {
    // Made when the first of its benchmarks runs.
    const auto fleet = std::make_shared<std::unique_ptr<const SignedFleet>>();
    for (const unsigned threads : {1U, 2U}) {
      const auto run = [fleet, kind = kind, threads, settings](benchmark::State& state) {
        if (*fleet == nullptr) {
          *fleet = std::make_unique<const SignedFleet>(kind, settings);
        }
        measure(state, **fleet, threads);
      };
      benchmark::RegisterBenchmark(
          ("pipeline/" + std::string(name) + "/threads:" + std::to_string(threads)).c_str(), run)
          ->UseRealTime()
          ->MeasureProcessCPUTime();
    }
  }
}

}  // namespace quotemill::bench
