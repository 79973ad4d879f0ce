#include "bench/transport/round_trips.h"

#include <utility>

#include <benchmark/benchmark.h>

#include "bench/transport/receipt_server.h"
#include "bench/transport/thread_times.h"
#include "transport/wire/carry.h"
#include "transport/wire/limits.h"

namespace quotemill::bench {
namespace {

// So many that both sides always have something to do, as in a fleet.
constexpr unsigned kPeers = 32;
constexpr unsigned kGateways = 4;

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

// The same for a message of a gateway, with frames of several hosts in it; one item is one host.
void carried_round_trip(benchmark::State& state, std::size_t size) {
  constexpr std::size_t kHosts = limits::kCarriedItemsMax;
  const Bytes frame(size, 0x51);
  const std::vector<transport::CarriedFrame> items(kHosts, {CurveKey{}, frame});
  const Bytes message = seal_carry(transport::Role::kGateway, items);
  const std::size_t answer_size =
      transport::kEnvelopeSize + kHosts * (kReceiptSize + transport::kCarriedItemOverhead);
  ThreadTimes server_threads;
  const auto server = ReceiptServer::start(answer_size);
  server_threads.watch_new_ones();
  const auto peers = server ? Peers::connect(**server, kGateways) : server.error();
  if (!peers || !(*peers)->round_trip(message, answer_size)) {
    state.SkipWithError("no answer");
    return;
  }
  const double before = server_threads.seconds();
  while (state.KeepRunningBatch(kGateways * kHosts)) {
    if (!(*peers)->round_trip(message, answer_size)) {
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
  benchmark::RegisterBenchmark("transport/round_trip/16_hosts", carried_round_trip, 1'000)
      ->UseRealTime()
      ->MeasureProcessCPUTime();
  for (const auto& [name, size] :
       {std::pair<const char*, std::size_t>{"transport/round_trip/1kB", 1'000},
        std::pair<const char*, std::size_t>{"transport/round_trip/34kB", 34'000}}) {
    benchmark::RegisterBenchmark(name, round_trip, size)->UseRealTime()->MeasureProcessCPUTime();
  }
}

}  // namespace quotemill::bench
