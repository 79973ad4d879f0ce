// What a commit costs: 256 hosts as reaffirmations, and as full rows. No test: prints what
// storage/README.md quotes.
//
//   storage_commit_cost FOLDER [HOSTS [ROUNDS]]
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <string>

#include "storage/database.h"
#include "storage/rocks_store.h"
#include "tests/storage/sample_records.h"

namespace {

using namespace quotemill;           // NOLINT(google-build-using-namespace)
using namespace quotemill::testing;  // NOLINT(google-build-using-namespace)

constexpr std::size_t kBatch = 256;

HostUid uid_of(std::size_t number) {
  HostUid uid;
  for (std::size_t i = 0; i < uid.bytes.size(); ++i) {
    uid.bytes[i] = static_cast<std::uint8_t>(number * 0x9E3779B97F4A7C15ULL >> (8 * (i % 8)));
  }
  return uid;
}

Reaffirmation verdict_on(std::size_t host, std::uint64_t sequence) {
  Reaffirmation made = sample_reaffirmation(1, sequence);
  HostState state = *made.state;
  state.host = uid_of(host);
  state.receipt = Bytes(180, 1);
  made.entry.host = state.host;
  made.state = std::make_shared<const HostState>(std::move(state));
  return made;
}

CommitBatch as_rows(CommitBatch batch) {
  for (Reaffirmation& one : batch.reaffirmed) {
    batch.states.push_back(std::move(one.state));
    batch.history.push_back(std::move(one.entry));
  }
  batch.reaffirmed.clear();
  return batch;
}

double cpu_us(clockid_t clock) {
  timespec now{};
  clock_gettime(clock, &now);
  return static_cast<double>(now.tv_sec) * 1e6 + static_cast<double>(now.tv_nsec) / 1e3;
}

// All that the process has handed to write(2).
double written_bytes() {
  std::ifstream io("/proc/self/io");
  std::string name;
  for (double value = 0; io >> name >> value;) {
    if (name == "wchar:") {
      return value;
    }
  }
  return 0;
}

// Of one or several rounds. Times are those of the quietest round: the others measure whoever else
// was at work.
struct Cost {
  double commit_us = 1e9;   // of the committing thread, per host
  double process_us = 1e9;  // of all threads, per host
  double elapsed_us = 1e9;  // per host
  double slowest_us = 0;    // of one commit
  double bytes = 0;         // of all rounds
  double hosts = 0;

  void add(const Cost& round) {
    commit_us = std::min(commit_us, round.commit_us / round.hosts);
    process_us = std::min(process_us, round.process_us / round.hosts);
    elapsed_us = std::min(elapsed_us, round.elapsed_us / round.hosts);
    slowest_us = std::max(slowest_us, round.slowest_us);
    bytes += round.bytes;
    hosts += round.hosts;
  }

  void print(const char* what) const {
    std::printf(
        "%-30s %6.2f us in commit, %6.2f us in all threads, %7.2f us elapsed, %6.0f bytes written; "
        "slowest commit %.1f ms\n",
        what, commit_us, process_us, elapsed_us, bytes / hosts, slowest_us / 1e3);
  }
};

void commit(storage::RocksStore& store, const CommitBatch& batch, std::size_t hosts, Cost& cost) {
  const double bytes = written_bytes();
  const double thread = cpu_us(CLOCK_THREAD_CPUTIME_ID);
  const double elapsed = cpu_us(CLOCK_MONOTONIC);
  if (const auto done = store.commit(batch); !done) {
    std::fprintf(stderr, "%s\n", done.error().to_string().c_str());
    std::exit(1);
  }
  const double took = cpu_us(CLOCK_MONOTONIC) - elapsed;
  cost.commit_us += cpu_us(CLOCK_THREAD_CPUTIME_ID) - thread;
  cost.elapsed_us += took;
  cost.slowest_us = std::max(cost.slowest_us, took);
  cost.bytes += written_bytes() - bytes;
  cost.hosts += static_cast<double>(hosts);
}

// The whole fleet once.
void round(storage::RocksStore& store, std::size_t hosts, std::uint64_t sequence, bool is_rows,
           Cost& total) {
  Cost cost{0, 0, 0, 0, 0, 0};
  const double before = cpu_us(CLOCK_PROCESS_CPUTIME_ID);
  double making = 0;
  for (std::size_t first = 0; first < hosts; first += kBatch) {
    const double begun = cpu_us(CLOCK_THREAD_CPUTIME_ID);
    CommitBatch batch;
    for (std::size_t host = first; host < std::min(first + kBatch, hosts); ++host) {
      batch.reaffirmed.push_back(verdict_on(host, sequence));
    }
    const std::size_t size = batch.reaffirmed.size();
    batch = is_rows ? as_rows(std::move(batch)) : std::move(batch);
    making += cpu_us(CLOCK_THREAD_CPUTIME_ID) - begun;
    commit(store, batch, size, cost);
  }
  cost.process_us = cpu_us(CLOCK_PROCESS_CPUTIME_ID) - before - making;
  total.add(cost);
}

std::unique_ptr<storage::RocksStore> opened(storage::StoreOptions options) {
  auto store = storage::RocksStore::open(std::move(options));
  if (!store) {
    std::fprintf(stderr, "%s\n", store.error().to_string().c_str());
    std::exit(1);
  }
  return *std::move(store);
}

void measure(const std::string& folder, std::size_t hosts, std::uint64_t rounds) {
  const std::string path = folder + "/commit-cost";
  std::filesystem::remove_all(path);
  Cost rows;
  Cost reaffirmed;
  Cost folding;
  {
    auto store = opened({.path = path});
    for (std::uint64_t sequence = 1; sequence <= rounds; ++sequence) {
      round(*store, hosts, sequence, true, rows);
    }
    for (std::uint64_t sequence = 1; sequence <= rounds; ++sequence) {
      round(*store, hosts, rounds + sequence, false, reaffirmed);
    }
    std::filesystem::remove_all(path + "-killed");
    std::filesystem::copy(path, path + "-killed");
    Cost all{0, 0, 0, 0, 0, static_cast<double>(hosts)};
    const double before = cpu_us(CLOCK_THREAD_CPUTIME_ID);
    const double before_all = cpu_us(CLOCK_PROCESS_CPUTIME_ID);
    const double begun = cpu_us(CLOCK_MONOTONIC);
    const double bytes = written_bytes();
    store.reset();  // folds all hosts
    all.commit_us = cpu_us(CLOCK_THREAD_CPUTIME_ID) - before;
    all.process_us = cpu_us(CLOCK_PROCESS_CPUTIME_ID) - before_all;
    all.elapsed_us = cpu_us(CLOCK_MONOTONIC) - begun;
    all.bytes = written_bytes() - bytes;
    folding.add(all);
  }
  rows.print("full rows");
  reaffirmed.print("reaffirmed");
  folding.print("folded when closed");
  const double begun = cpu_us(CLOCK_MONOTONIC);
  const auto database = storage::Database::open({path + "-killed", std::size_t{64} << 20, nullptr});
  const double open = cpu_us(CLOCK_MONOTONIC);
  const double open_cpu = cpu_us(CLOCK_THREAD_CPUTIME_ID);
  if (!database || !storage::recover_journal(**database, {10'000, 10'000, 10'000})) {
    std::exit(1);
  }
  std::printf(
      "after a kill: RocksDB reads its log in %.2f s, the journal is recovered in %.2f s"
      " (%.2f us of CPU per host)\n",
      (open - begun) / 1e6, (cpu_us(CLOCK_MONOTONIC) - open) / 1e6,
      (cpu_us(CLOCK_THREAD_CPUTIME_ID) - open_cpu) / static_cast<double>(hosts));
  Cost crowded;
  {
    const auto store = opened({.path = path, .journal_entries_max = hosts / 2});
    Cost beginning;
    round(*store, hosts, 2 * rounds + 1, false, beginning);
    beginning.print("reaffirmed, as a run begins");
    for (std::uint64_t sequence = 2; sequence <= rounds; ++sequence) {
      round(*store, hosts, 2 * rounds + sequence, false, crowded);
    }
  }
  crowded.print("reaffirmed, each folded alone");
  std::filesystem::remove_all(path);
  std::filesystem::remove_all(path + "-killed");
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "storage_commit_cost FOLDER [HOSTS [ROUNDS]]\n");
    return 2;
  }
  const std::size_t hosts = argc > 2 ? std::strtoul(argv[2], nullptr, 10) : 10'240;
  const std::uint64_t rounds = argc > 3 ? std::strtoul(argv[3], nullptr, 10) : 10;
  measure(argv[1], hosts, rounds);
  return 0;
}
