// quotemill-bench: how fast each part is, beside the bare primitives that nothing can beat. Takes
// Google Benchmark's options and its own; bench/README.md says what each name means.
#include <cstdio>
#include <exception>

#include <CLI/CLI.hpp>
#include <benchmark/benchmark.h>

#include "bench/engine/esxi_logs.h"
#include "bench/engine/esxi_software.h"
#include "bench/engine/gateway.h"
#include "bench/engine/ima_lists.h"
#include "bench/engine/judging.h"
#include "bench/engine/keys.h"
#include "bench/engine/log_reading.h"
#include "bench/micro/floors.h"
#include "bench/pipeline/pipeline_rates.h"
#include "bench/pipeline/quote_latency.h"
#include "bench/storage/commits.h"
#include "bench/transport/round_trips.h"

namespace quotemill::bench {
namespace {

void add_images(Settings& settings, const std::string& fixtures) {
  settings.images = {model_image()};
  const std::vector<BootImage> real = real_images(fixtures);
  if (real.empty()) {
    std::fprintf(stderr, "quotemill-bench: no logs of real machines in %s: left out\n",
                 fixtures.c_str());
  }
  settings.images.insert(settings.images.end(), real.begin(), real.end());
  settings.more_logs = more_real_logs(fixtures);
}

void register_all(const Settings& settings) {
  register_signature_floors(settings);
  register_log_floors(settings);
  register_oneshot_floors(settings);
  register_ima_floor();
  register_store_floor();
  register_judging(settings);
  register_keys(settings);
  register_gateway(settings);
  register_growth(settings);
  register_ima_lists();
  register_esxi_software();
  register_log_reading(settings);
  register_esxi_logs();
  register_commits(settings);
  register_pipeline_rates(settings);
  register_quote_latency(settings);
  register_round_trips();
}

void print_help() {
  std::puts(
      "Measures Quotemill; bench/README.md says what each name means.\n\n"
      "quotemill-bench [--fixtures=<folder>]  with logs of real machines; $QUOTEMILL_FIXTURES\n"
      "          [--machines=<n>]  gone through in turn on one thread (64)\n"
      "          [--fleet=<n>]     in front of the pipeline (8192)\n\n"
      "and the options of Google Benchmark:\n");
  benchmark::PrintDefaultHelp();
}

int run(int argc, char** argv) {
  benchmark::Initialize(&argc, argv, print_help);  // takes its own options out
  Settings settings;
  std::string fixtures = QUOTEMILL_FIXTURES;
  CLI::App app;
  app.add_option("--fixtures", fixtures)->envname("QUOTEMILL_FIXTURES");
  app.add_option("--machines", settings.machines)->check(CLI::Range(1, 4'096));
  app.add_option("--fleet", settings.fleet)->check(CLI::Range(1, 65'536));
  CLI11_PARSE(app, argc, argv);
  add_images(settings, fixtures);
  register_all(settings);
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return 0;
}

}  // namespace
}  // namespace quotemill::bench

int main(int argc, char** argv) {
  try {
    return quotemill::bench::run(argc, argv);
  } catch (const std::exception& failure) {  // of CLI11 or the file system; nothing of ours throws
    std::fprintf(stderr, "quotemill-bench: %s\n", failure.what());
    return 1;
  }
}
