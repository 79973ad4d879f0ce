// quotemill-bench: how fast each part is, beside the bare primitives that nothing can beat. Takes
// Google Benchmark's options and its own; bench/README.md says what each name means.
#include <cstdio>

#include <CLI/CLI.hpp>
#include <benchmark/benchmark.h>

#include "bench/engine/judging.h"
#include "bench/micro/floors.h"
#include "bench/pipeline/pipeline_rates.h"
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
}

void register_all(const Settings& settings) {
  register_signature_floors(settings);
  register_log_floors(settings);
  register_ima_floor();
  register_store_floor();
  register_judging(settings);
  register_commits(settings);
  register_pipeline_rates(settings);
  register_round_trips();
}

}  // namespace
}  // namespace quotemill::bench

int main(int argc, char** argv) {
  using namespace quotemill::bench;
  benchmark::Initialize(&argc, argv);  // takes its own options out, and answers --help
  Settings settings;
  std::string fixtures = QUOTEMILL_FIXTURES;
  CLI::App app("Measures Quotemill; beside these options it takes Google Benchmark's.");
  app.add_option("--fixtures", fixtures, "folder with logs of real machines")
      ->envname("QUOTEMILL_FIXTURES")
      ->capture_default_str();
  app.add_option("--machines", settings.machines, "machines gone through on one thread")
      ->check(CLI::Range(1, 4'096))
      ->capture_default_str();
  app.add_option("--fleet", settings.fleet, "machines in front of the pipeline")
      ->check(CLI::Range(1, 8'192))
      ->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  add_images(settings, fixtures);
  register_all(settings);
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return 0;
}
