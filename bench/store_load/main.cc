// quotemill-store-load: what a store takes, what a kill costs, and what a day leaves.
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <iostream>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <sys/wait.h>

#include "bench/store_load/load.h"

namespace quotemill::bench {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kMinuteMs = 60'000;
constexpr std::uint64_t kMinutesOfADay = 24 * 60;

struct Options {
  std::string folder;
  unsigned hosts = 102'400;
  double seconds = 60;
  unsigned day_hosts = 2'048;
};

[[noreturn]] void give_up(const std::string& what) {
  std::cerr << "quotemill-store-load: " << what << '\n';
  std::_Exit(1);
}

std::unique_ptr<storage::RocksStore> opened(const std::string& path) {
  storage::StoreOptions options;
  options.path = path;
  Result<std::unique_ptr<storage::RocksStore>> store = storage::RocksStore::open(options);
  if (!store) {
    give_up(store.error().to_string());
  }
  return *std::move(store);
}

std::uint64_t size_of(const std::string& folder) {
  std::uint64_t bytes = 0;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(folder)) {
    bytes += entry.is_regular_file() ? entry.file_size() : 0;
  }
  return bytes;
}

// In a process of its own that ends without closing the store, as one that is killed does.
LoadCost load_and_kill(const std::string& path, const LoadShape& shape, double seconds) {
  std::array<int, 2> ends{};
  if (pipe(ends.data()) != 0) {
    give_up("no pipe");
  }
  const pid_t child = fork();
  if (child == 0) {
    const auto store = opened(path);
    const Result<LoadCost> cost = load(*store, shape, seconds, UINT64_MAX);
    if (!cost) {
      give_up(cost.error().to_string());
    }
    const bool is_told = write(ends[1], &*cost, sizeof *cost) == sizeof *cost;
    std::_Exit(is_told ? 0 : 1);
  }
  close(ends[1]);
  LoadCost cost;
  const bool is_told = read(ends[0], &cost, sizeof cost) == sizeof cost;
  int status = 1;
  waitpid(child, &status, 0);
  if (child < 0 || !is_told || status != 0) {
    give_up("the load failed");
  }
  close(ends[0]);
  return cost;
}

void measure_load(const Options& options) {
  const std::string path = options.folder + "/load";
  // As many verdicts a second as are asked for, if the store took 100,000: each host once a second.
  const LoadShape shape{options.hosts, 1'000};
  const LoadCost cost = load_and_kill(path, shape, options.seconds);
  const double verdicts = static_cast<double>(cost.verdicts);
  std::printf(R"("hosts": %u, "seconds": %.1f, "verdicts": %llu, )", options.hosts, cost.elapsed_s,
              static_cast<unsigned long long>(cost.verdicts));
  std::printf(R"("verdicts_per_s": %.0f, "verdicts_per_commit_s": %.0f, )",
              verdicts / cost.elapsed_s, verdicts / cost.commit_s);
  std::printf(R"("bytes_per_verdict": %.0f, "write_amplification": %.2f, )",
              static_cast<double>(cost.written_bytes) / verdicts,
              static_cast<double>(cost.written_bytes) / static_cast<double>(cost.given_bytes));
  const std::uint64_t left = size_of(path);
  const auto begun = std::chrono::steady_clock::now();
  const auto store = opened(path);
  const std::chrono::duration<double> recovery = std::chrono::steady_clock::now() - begun;
  const Result<bool> is_whole = is_all_there(*store, shape, cost.last_sequence);
  if (!is_whole || !*is_whole) {
    give_up(is_whole ? "a verdict that was durable is gone" : is_whole.error().to_string());
  }
  std::printf(R"("bytes_left_by_the_kill": %llu, "recovery_s": %.2f, )",
              static_cast<unsigned long long>(left), recovery.count());
}

void measure_day(const Options& options) {
  const std::string path = options.folder + "/day";
  const LoadShape shape{options.day_hosts, kMinuteMs};
  auto store = opened(path);
  const Result<LoadCost> cost = load(*store, shape, 1e9, kMinutesOfADay);
  if (!cost) {
    give_up(cost.error().to_string());
  }
  store.reset();
  store = opened(path);
  if (const Result<void> rewritten = store->drop_old_history(); !rewritten) {
    give_up(rewritten.error().to_string());
  }
  const Result<StoreSizes> sizes = store->sizes();
  if (!sizes) {
    give_up(sizes.error().to_string());
  }
  std::printf(
      R"("written_per_host_day": %.0f, "kept_per_host_day": %.0f, "rows_per_host_day": %.1f)",
      static_cast<double>(cost->written_bytes) / options.day_hosts,
      static_cast<double>(sizes->appraisals.bytes) / options.day_hosts,
      static_cast<double>(sizes->appraisals.rows) / options.day_hosts);
}

int run(int argc, char** argv) {
  Options options;
  CLI::App app("Loads a store, kills it, and gives it a day of a fleet to which nothing happens");
  app.add_option("FOLDER", options.folder, "that is not there yet; removed at the end")->required();
  app.add_option("--hosts", options.hosts, "under full load")->capture_default_str();
  app.add_option("--seconds", options.seconds, "of full load")->capture_default_str();
  app.add_option("--day-hosts", options.day_hosts, "in a day at one attestation a minute")
      ->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  if (!fs::create_directory(options.folder)) {
    give_up(options.folder + " is there already");
  }
  std::printf("{");
  measure_load(options);
  measure_day(options);
  std::printf("}\n");
  fs::remove_all(options.folder);
  return 0;
}

}  // namespace
}  // namespace quotemill::bench

int main(int argc, char** argv) {
  return quotemill::bench::run(argc, argv);
}
