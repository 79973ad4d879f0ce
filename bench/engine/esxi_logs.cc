#include "bench/engine/esxi_logs.h"

#include <algorithm>
#include <memory>
#include <vector>

#include <benchmark/benchmark.h>

#include "bench/fleet/esxi_boot_model.h"
#include "engine/esxi/log/esxi_boot.h"
#include "engine/eventlog/event_type.h"
#include "engine/eventlog/replay.h"

namespace quotemill::bench {
namespace {

constexpr HashAlgorithm kBank = HashAlgorithm::kSha256;
constexpr std::uint32_t kHosts = 256;
constexpr std::uint32_t kImages = 20;
constexpr std::size_t kOwnFiles = 2;  // imgdb.tgz, state.tgz

struct ReadHost {
  explicit ReadHost(Bytes log)
      : bytes(std::move(log)),
        reading(read_boot_log(bytes)),
        proven(reading.log, kBank, replay(reading.log, kBank).mask()) {}

  Bytes bytes;
  BootLogReading reading;
  ProvenLog proven;
};

std::size_t tagged_events(const BootLog& log) {
  return static_cast<std::size_t>(
      std::count_if(log.events.begin(), log.events.end(),
                    [](const BootEvent& event) { return event.type == event_type::kEventTag; }));
}

void read_hosts(benchmark::State& state) {
  const auto modules = static_cast<std::uint32_t>(state.range(0));
  const EsxiFleet fleet({.seed = 1, .hosts = kHosts, .images = kImages, .modules = modules});
  std::vector<std::unique_ptr<ReadHost>> hosts;
  EsxiBoot boot;
  for (std::uint32_t i = 0; i < kHosts; ++i) {
    hosts.push_back(std::make_unique<ReadHost>(write_esxi_boot_log(fleet.host(i)).log));
    read_esxi_boot(hosts.back()->proven, known_esxi_format(), boot);
    if (boot.modules.size() != modules + kOwnFiles || boot.problem_count != 0) {
      state.SkipWithError("the log is not read as it was written");
      return;
    }
  }
  std::size_t at = 0;
  std::size_t events = 0;
  for (auto _ : state) {
    const ReadHost& host = *hosts[at];
    at = (at + 1) % hosts.size();
    read_esxi_boot(host.proven, known_esxi_format(), boot);
    benchmark::DoNotOptimize(boot);
    events += boot.modules.size() + boot.versions.size() + boot.signers.size() + 1;
  }
  state.counters["tagged_events"] = static_cast<double>(tagged_events(hosts[0]->reading.log));
  state.counters["bytes"] = static_cast<double>(hosts[0]->bytes.size());
  state.counters["hosts_per_second"] =
      benchmark::Counter(static_cast<double>(state.iterations()), benchmark::Counter::kIsRate);
  state.SetItemsProcessed(static_cast<std::int64_t>(events));
}

}  // namespace

void register_esxi_logs() {
  constexpr std::int64_t kModules = kEsxiModules;
  benchmark::RegisterBenchmark("engine/esxi_read", read_hosts)->Arg(kModules);
}

}  // namespace quotemill::bench
