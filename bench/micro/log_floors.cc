#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>
#include <openssl/evp.h>

#include "bench/fleet/plain_replay.h"
#include "bench/micro/floors.h"
#include "bench/micro/sha256.h"
#include "engine/crypto/hash.h"
#include "engine/eventlog/boot_log.h"

namespace quotemill::bench {
namespace {

constexpr HashAlgorithm kBank = HashAlgorithm::kSha256;

std::vector<Bytes> logs_of(const Settings& settings, const BootImage& image) {
  std::vector<Bytes> logs;
  for (unsigned machine = 0; machine < settings.machines; ++machine) {
    logs.push_back(image.log_of(machine));
  }
  return logs;
}

// The measured events of a log; borrows it.
std::vector<BootEvent> measured_events(ByteView log) {
  std::vector<BootEvent> events = read_boot_log(log).log.events;
  std::erase_if(events, [](const BootEvent& event) {
    return !event.is_measured() || event.digest(kBank).empty();
  });
  return events;
}

// One machine's extends, and the PCRs that they give. Borrows the log.
class Replay {
 public:
  explicit Replay(ByteView log)
      : events_(measured_events(log)), locality_(read_boot_log(log).log.startup_locality) {}

  void run() {
    pcrs_.fill(Digest(kBank));
    pcrs_[0].writable().back() = locality_;
    for (const BootEvent& event : events_) {
      extend(pcrs_[event.pcr], event.digest(kBank));
    }
  }

  [[nodiscard]] bool equals(const PcrBank& bank) const {
    for (std::uint32_t pcr = 0; pcr < limits::kPcrCount; ++pcr) {
      if (bank.has(pcr) && !(bank.at(pcr) == pcrs_[pcr])) {
        return false;
      }
    }
    return true;
  }

 private:
  std::vector<BootEvent> events_;
  std::uint8_t locality_;
  std::array<Digest, limits::kPcrCount> pcrs_;
};

void replay(benchmark::State& state, const Settings& settings, const BootImage& image) {
  const std::vector<Bytes> logs = logs_of(settings, image);
  std::vector<Replay> replays(logs.begin(), logs.end());
  for (std::size_t i = 0; i < logs.size(); ++i) {
    replays[i].run();
    if (!replays[i].equals(plain_replay(logs[i], {kBank, 0xFFFF}))) {
      state.SkipWithError("the PCRs are not those of plain_replay()");
      return;
    }
  }
  while (state.KeepRunningBatch(settings.machines)) {
    for (Replay& each : replays) {
      each.run();
      benchmark::DoNotOptimize(each);
    }
  }
  state.SetItemsProcessed(state.iterations());
}

using Value = std::array<std::uint8_t, kSha256Size>;

void data_digests(benchmark::State& state, const Settings& settings, const BootImage& image) {
  const std::vector<Bytes> logs = logs_of(settings, image);
  std::vector<std::vector<BootEvent>> events;
  std::transform(logs.begin(), logs.end(), std::back_inserter(events), measured_events);
  Value value{};
  for (const BootEvent& event : events.front()) {
    Value plain{};
    EVP_Digest(event.data.data(), event.data.size(), plain.data(), nullptr, EVP_sha256(), nullptr);
    sha256(event.data, value.data());
    if (value != plain) {
      state.SkipWithError("a digest is not that of EVP_Digest()");
      return;
    }
  }
  while (state.KeepRunningBatch(settings.machines)) {
    for (const std::vector<BootEvent>& log : events) {
      for (const BootEvent& event : log) {
        sha256(event.data, value.data());
        benchmark::DoNotOptimize(value);
      }
    }
  }
  state.SetItemsProcessed(state.iterations());
}

}  // namespace

void register_log_floors(const Settings& settings) {
  for (const BootImage& image : settings.images) {
    benchmark::RegisterBenchmark(("floor/replay_sha256/" + image.name).c_str(), replay, settings,
                                 image);
    benchmark::RegisterBenchmark(("floor/data_digests/" + image.name).c_str(), data_digests,
                                 settings, image);
  }
}

}  // namespace quotemill::bench
