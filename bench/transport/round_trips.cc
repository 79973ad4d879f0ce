#include "bench/transport/round_trips.h"

#include <utility>

#include <benchmark/benchmark.h>

#include "bench/transport/receipt_server.h"
#include "bench/transport/thread_times.h"

namespace quotemill::bench {
namespace {

// So many that both sides always have something to do, as in a fleet.
constexpr unsigned kPeers = 32;

void round_trip(benchmark::State& state, std::size_t size) {
  ThreadTimes server_threads;
  const auto server = ReceiptServer::start();
  server_threads.watch_new_ones();
  const auto peers = server ? Peers::connect(**server, kPeers) : server.error();
  const Bytes message(size, 0x51);
  if (!peers || !(*peers)->round_trip(message)) {
    state.SkipWithError("no answer");
    return;
  }
  const double before = server_threads.seconds();
  while (state.KeepRunningBatch(kPeers)) {
    if (!(*peers)->round_trip(message)) {
      state.SkipWithError("an answer was lost");
      return;
    }
  }
  state.counters["server_cpu"] =
      benchmark::Counter(server_threads.seconds() - before, benchmark::Counter::kAvgIterations);
  state.SetItemsProcessed(state.iterations());
}

}  // namespace

void register_round_trips() {
  for (const auto& [name, size] :
       {std::pair<const char*, std::size_t>{"transport/round_trip/1kB", 1'000},
        std::pair<const char*, std::size_t>{"transport/round_trip/34kB", 34'000}}) {
    benchmark::RegisterBenchmark(name, round_trip, size)->UseRealTime()->MeasureProcessCPUTime();
  }
}

}  // namespace quotemill::bench
