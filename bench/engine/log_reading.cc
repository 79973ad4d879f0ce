#include "bench/engine/log_reading.h"

#include <string>
#include <vector>

#include <benchmark/benchmark.h>

#include "bench/fleet/plain_replay.h"
#include "engine/claims/boot_claims.h"
#include "engine/eventlog/replay.h"

namespace quotemill::bench {
namespace {

constexpr HashAlgorithm kBank = HashAlgorithm::kSha256;

// A log that was read, and what it must give.
struct ReadLog {
  explicit ReadLog(const BootImage& image, unsigned machine = 0) : bytes(image.log_of(machine)) {
    reading = read_boot_log(bytes);
    pcrs = replay(reading.log, kBank);
  }

  // Whether all of it was read, and its PCR 0 to 7 are those of the plain reference.
  [[nodiscard]] bool is_right() const {
    const PcrBank plain = plain_replay(bytes, {kBank, 0xFF});
    for (std::uint32_t pcr = 0; pcr < 8; ++pcr) {
      if (pcrs.has(pcr) && (!plain.has(pcr) || !(plain.at(pcr) == pcrs.at(pcr)))) {
        return false;
      }
    }
    return !reading.broken && !reading.log.events.empty();
  }

  Bytes bytes;
  BootLogReading reading;
  PcrBank pcrs = PcrBank(kBank);
};

// `step`: (const ReadLog&), timed
template <class Step>
void measure(benchmark::State& state, const BootImage& image, const Step& step) {
  const ReadLog log(image);
  if (!log.is_right()) {
    state.SkipWithError("the log is not read or replayed as by the plain reference");
    return;
  }
  for (auto _ : state) {
    step(log);
  }
  state.counters["events"] = static_cast<double>(log.reading.log.events.size());
  state.SetItemsProcessed(state.iterations());
}

void parse(benchmark::State& state, const BootImage& image) {
  measure(state, image,
          [](const ReadLog& log) { benchmark::DoNotOptimize(read_boot_log(log.bytes)); });
}

// As a fleet's logs come: none of them is in a cache that was read a moment ago.
void parse_in_turn(benchmark::State& state, const BootImage& image, unsigned machines) {
  std::vector<Bytes> logs;
  for (unsigned machine = 0; machine < machines; ++machine) {
    logs.push_back(image.log_of(machine));
    if (!ReadLog(image, machine).is_right()) {
      state.SkipWithError("a log is not read or replayed as by the plain reference");
      return;
    }
  }
  std::size_t events = 0;
  std::size_t turn = 0;
  for (auto _ : state) {
    const BootLogReading reading = read_boot_log(logs[turn++ % logs.size()]);
    events += reading.log.events.size();
  }
  state.counters["events"] = static_cast<double>(events) / static_cast<double>(state.iterations());
  state.SetItemsProcessed(state.iterations());
}

void replay_one_bank(benchmark::State& state, const BootImage& image) {
  measure(state, image,
          [](const ReadLog& log) { benchmark::DoNotOptimize(replay(log.reading.log, kBank)); });
}

void proofs(benchmark::State& state, const BootImage& image) {
  measure(state, image, [](const ReadLog& log) {
    for (const BootEvent& event : log.reading.log.events) {
      benchmark::DoNotOptimize(prove(event, kBank));
    }
  });
}

void claims(benchmark::State& state, const BootImage& image) {
  measure(state, image, [](const ReadLog& log) {
    const ProvenLog proven(log.reading.log, kBank, log.pcrs.mask());
    benchmark::DoNotOptimize(draw_boot_claims(proven, nullptr));
  });
}

void register_log(const BootImage& image, unsigned machines) {
  benchmark::RegisterBenchmark(("engine/log_parse/" + image.name).c_str(), parse, image);
  benchmark::RegisterBenchmark(("engine/log_parse_in_turn/" + image.name).c_str(), parse_in_turn,
                               image, machines);
  benchmark::RegisterBenchmark(("engine/log_replay/" + image.name).c_str(), replay_one_bank, image);
  benchmark::RegisterBenchmark(("engine/log_proofs/" + image.name).c_str(), proofs, image);
  benchmark::RegisterBenchmark(("engine/log_claims/" + image.name).c_str(), claims, image);
}

}  // namespace

void register_log_reading(const Settings& settings) {
  for (const std::vector<BootImage>& images : {settings.images, settings.more_logs}) {
    for (const BootImage& image : images) {
      register_log(image, settings.machines);
    }
  }
}

}  // namespace quotemill::bench
