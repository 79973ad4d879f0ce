// What mining a fleet costs. No test: makes a store of HOSTS hosts on twenty images, one log in
// twenty a different one, mines it with nothing known, and prints one JSON object.
//
//   deploy_mine_cost FOLDER [HOSTS]
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "bench/fleet/measured_boot_model.h"
#include "deploy/quotemilld/mining.h"
#include "engine/crypto/hash.h"
#include "storage/rocks_store.h"

namespace {

using namespace quotemill;  // NOLINT(google-build-using-namespace)

constexpr std::size_t kBatch = 256;
constexpr std::size_t kImages = 20;
constexpr std::size_t kHostsPerLog = 20;

HostUid uid_of(std::size_t number) {
  HostUid uid;
  for (std::size_t i = 0; i < 8; ++i) {
    uid.bytes[8 + i] = static_cast<std::uint8_t>(number >> (8 * (7 - i)));
  }
  return uid;
}

Bytes log_of(std::size_t host) {
  bench::MeasuredBootModel model;
  const std::size_t log = host / kHostsPerLog;
  model.boot_loader = "15.8-" + std::to_string(log % kImages);
  model.host_seed = log;
  return bench::write_boot_log(model);
}

// Hosts as if each had proven its log; the logs go to the store.
void make_fleet(storage::RocksStore& store, HostTable& hosts, std::size_t count) {
  Bytes log;
  for (std::size_t first = 0; first < count; first += kBatch) {
    CommitBatch batch;
    for (std::size_t number = first; number < std::min(first + kBatch, count); ++number) {
      if (number % kHostsPerLog == 0 || log.empty()) {
        log = log_of(number);
      }
      HostRecord record;
      record.uid = uid_of(number);
      record.name = "host-" + std::to_string(number);
      record.life_cycle = LifeCycle::kActive;
      record.generation = 1;
      auto state = std::make_shared<HostState>();
      state->host = record.uid;
      state->generation = 1;
      state->facts.vendor = "Example";
      state->facts.model = "Machine " + std::to_string(number / kHostsPerLog % 4);
      auto proof = std::make_shared<BootProof>();
      proof->generation = 1;
      proof->log = hash(HashAlgorithm::kSha256, as_bytes(record.name));
      proof->pcrs = KnownPcrs(PcrBank(HashAlgorithm::kSha256));
      state->proof = proof;
      batch.boot_logs.push_back({proof->log, log});
      hosts.put(std::make_shared<const HostRecord>(record));
      hosts.put_state(state);
    }
    if (const auto done = store.commit(batch); !done) {
      std::fprintf(stderr, "%s\n", done.error().to_string().c_str());
      std::exit(1);
    }
  }
}

long resident_mb() {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;) {
    long kilobytes = 0;
    if (word == "VmHWM:" && status >> kilobytes) {
      return kilobytes / 1024;
    }
  }
  return 0;
}

int measure(const std::string& folder, std::size_t count) {
  const std::string path = folder + "/mine-cost";
  std::filesystem::remove_all(path);
  HostTable hosts;
  {
    auto store = storage::RocksStore::open({.path = path});
    if (!store) {
      std::fprintf(stderr, "%s\n", store.error().to_string().c_str());
      return 1;
    }
    make_fleet(**store, hosts, count);
  }
  const auto store = storage::RocksStore::open({.path = path});  // nothing is in memory any more
  const auto policies = PoliciesInForce::create(default_policy(), {}, {});
  if (!store || !policies) {
    return 1;
  }
  const auto begun = std::chrono::steady_clock::now();
  const daemon::Mined mined = daemon::mine(hosts, **policies, **store, 0);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begun;
  std::printf(
      "{\"hosts\": %zu, \"distinct_logs\": %llu, \"unreadable\": %llu, \"groups\": %zu, "
      "\"mine_s\": %.2f, \"rss_peak_mb\": %ld}\n",
      count, static_cast<unsigned long long>(mined.distinct_logs),
      static_cast<unsigned long long>(mined.unreadable), mined.groups.size(), took.count(),
      resident_mb());
  std::filesystem::remove_all(path);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: deploy_mine_cost FOLDER [HOSTS]\n");
    return 2;
  }
  return measure(argv[1], argc > 2 ? std::strtoul(argv[2], nullptr, 10) : 100'000);
}
