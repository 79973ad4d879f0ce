#include <array>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>
#include <openssl/evp.h>

#include "bench/micro/floors.h"
#include "engine/eventlog/boot_log.h"
#include "engine/eventlog/replay.h"

namespace quotemill::bench {
namespace {

constexpr HashAlgorithm kBank = HashAlgorithm::kSha256;
constexpr std::size_t kSize = 32;

using Register = std::array<std::uint8_t, 2 * kSize>;

std::vector<BootEvent> measured_events(const BootLog& log) {
  std::vector<BootEvent> events;
  for (const BootEvent& event : log.events) {
    if (event.is_measured() && !event.digest(kBank).empty()) {
      events.push_back(event);
    }
  }
  return events;
}

// PCR 0 to 16, which begin with zeros; PCR 0 with the startup locality.
std::array<Register, 17> run_replay(const std::vector<BootEvent>& events, std::uint8_t locality) {
  std::array<Register, 17> pcrs{};
  pcrs[0][kSize - 1] = locality;
  for (const BootEvent& event : events) {
    if (event.pcr >= pcrs.size()) {
      continue;
    }
    Register& pcr = pcrs.at(event.pcr);
    const ByteView digest = event.digest(kBank);
    std::copy(digest.begin(), digest.end(), pcr.begin() + kSize);
    EVP_Digest(pcr.data(), pcr.size(), pcr.data(), nullptr, EVP_sha256(), nullptr);
  }
  return pcrs;
}

bool equals(const std::array<Register, 17>& pcrs, const PcrBank& bank) {
  for (std::uint32_t pcr = 0; pcr < pcrs.size(); ++pcr) {
    if (bank.has(pcr) && !equal(bank.at(pcr).view(), ByteView(pcrs.at(pcr)).first(kSize))) {
      return false;
    }
  }
  return true;
}

void oneshot_replay(benchmark::State& state, const BootImage& image) {
  const Bytes bytes = image.log_of(0);
  const BootLog log = read_boot_log(bytes).log;
  const std::vector<BootEvent> events = measured_events(log);
  if (!equals(run_replay(events, log.startup_locality), quotemill::replay(log, kBank))) {
    state.SkipWithError("the PCRs are not those of replay()");
    return;
  }
  for (auto _ : state) {
    benchmark::DoNotOptimize(run_replay(events, log.startup_locality));
  }
  state.counters["events"] = static_cast<double>(events.size());
  state.SetItemsProcessed(state.iterations());
}

void oneshot_data_digests(benchmark::State& state, const BootImage& image) {
  const Bytes bytes = image.log_of(0);
  const BootLog log = read_boot_log(bytes).log;
  const std::vector<BootEvent> events = measured_events(log);
  std::array<std::uint8_t, kSize> value{};
  for (auto _ : state) {
    for (const BootEvent& event : events) {
      EVP_Digest(event.data.data(), event.data.size(), value.data(), nullptr, EVP_sha256(),
                 nullptr);
      benchmark::DoNotOptimize(value);
    }
  }
  state.counters["events"] = static_cast<double>(events.size());
  state.SetItemsProcessed(state.iterations());
}

void register_log(const BootImage& image) {
  benchmark::RegisterBenchmark(("floor/oneshot_replay/" + image.name).c_str(), oneshot_replay,
                               image);
  benchmark::RegisterBenchmark(("floor/oneshot_data_digests/" + image.name).c_str(),
                               oneshot_data_digests, image);
}

}  // namespace

void register_oneshot_floors(const Settings& settings) {
  for (const std::vector<BootImage>& images : {settings.images, settings.more_logs}) {
    for (const BootImage& image : images) {
      register_log(image);
    }
  }
}

}  // namespace quotemill::bench
